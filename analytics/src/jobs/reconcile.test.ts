import { partKey } from "@sluice/lake";
import { expect, test } from "vitest";
import { dayMs } from "../day.ts";
import { driftedDays, partsByDay, type UploadedPart } from "./reconcile.ts";

const monday = Date.UTC(2026, 2, 2);

function part(day: number, etag: string, uploadedMs = 0): UploadedPart {
  const key = partKey({ dataset: "events", project: "shop", hourMs: monday + day * dayMs, shard: 0, part: 0 });
  return { key, etag, size: 1, uploadedMs };
}

function built(day: number, etag: string) {
  return [monday + day * dayMs, [{ key: part(day, etag).key, etag, logSequence: 1 }]] as const;
}

test("A149: unchanged, waiting and fresh days are left alone; gone, unknown and replaced parts are not", () => {
  const listed = partsByDay([
    part(0, "same"),
    part(1, "new", 50),
    part(2, "new", 50),
    part(3, "fresh", 101),
    part(4, "unknown", 100),
    { key: "events/project=shop/other", etag: "x", size: 1, uploadedMs: 0 },
  ]);
  const before = new Map([built(0, "same"), built(1, "old"), built(2, "old"), built(3, "old"), built(5, "gone")]);
  const drifted = driftedDays({ listed, built: before, waiting: new Set([monday + 2 * dayMs]), quietSinceMs: 100 });
  expect(drifted.map((day) => (day - monday) / dayMs)).toEqual([1, 4, 5]);
});
