import { expect, test } from "vitest";
import { createPendingChanges } from "./pending-changes.ts";

test("SM11: of a key that was written again while its write failed, the newer value is written", () => {
  const pending = createPendingChanges();
  pending.set("identity", "old");
  const failed = pending.take();
  pending.set("identity", "new");
  pending.giveBack(failed);
  expect(pending.take().sets).toEqual([["identity", "new"]]);
});

test("SM11: an entry whose write failed is removed from the disk too, since a part of the write may have succeeded", () => {
  const pending = createPendingChanges();
  pending.set("failed", "1");
  pending.giveBack(pending.take());
  pending.set("untried", "2");
  expect([pending.remove("failed"), pending.remove("untried")]).toEqual([false, true]);
  expect(pending.take()).toEqual({ sets: [], removes: ["failed"] });
});

test("SM11: a failed removal comes first again, unless its key was written meanwhile", () => {
  const pending = createPendingChanges();
  pending.remove("gone");
  pending.remove("back");
  const failed = pending.take();
  pending.set("back", "1");
  pending.set("new", "2");
  pending.giveBack(failed);
  expect(pending.take()).toEqual({ sets: [], removes: ["gone"] });
  expect(pending.take().sets).toEqual([
    ["back", "1"],
    ["new", "2"],
  ]);
});
