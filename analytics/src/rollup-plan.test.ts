import type { HourChange } from "@sluice/schema";
import { expect, test } from "vitest";
import {
  changedDays,
  definitionText,
  inputsText,
  listedParts,
  parseInputs,
  passLimits,
  recountGroups,
  sameInputs,
} from "./rollup-plan.ts";

const day = Date.UTC(2026, 0, 2);

function change(hourMs: number, dataset: "events" | "rejected" = "events"): HourChange {
  return { change: 1, dataset, hourMs, key: "k", etag: "e", rows: 1, logSequence: 1 };
}

test("A12: changed hours become changed days, each once; rejects change none", () => {
  const hours = [change(day + 23 * 3_600_000), change(day), change(day - 3_600_000), change(0, "rejected")];
  expect(changedDays(hours)).toEqual([day - 86_400_000, day]);
});

test("A12: a day is left alone only if it was built from exactly the parts that are there", () => {
  const prefix = "events/project=shop/dt=2026-01-02/";
  const part = (name: string, etag: string) => ({ key: `${prefix}hour=00/${name}`, etag, size: 1 });
  const listed = listedParts([
    part("part-00000-0001.parquet", "b"),
    part("part-00000-0000.parquet", "a"),
    part("note.txt", "c"),
  ]);
  expect(listed.map((entry) => entry.etag)).toEqual(["a", "b"]);
  const parts = listed.map(({ key, etag }, index) => ({ key, etag, logSequence: index }));
  const definition = definitionText(2, ["country"]);
  const stored = parseInputs(inputsText({ definition, parts }, prefix), prefix);
  expect(stored).toEqual({ definition, parts });
  expect(sameInputs(listed, definition, stored)).toBe(true);
  expect(sameInputs(listed.slice(1), definition, stored)).toBe(false);
  expect(sameInputs(listed, definition, { definition, parts: stored.parts.slice(1) })).toBe(false);
  const replaced = [{ ...part("part-00000-0000.parquet", "z") }, ...listed.slice(1)];
  expect(sameInputs(replaced, definition, stored)).toBe(false);
  // Another version of the marts, or other dimensions, build every day anew; so does a row of an older version.
  expect(sameInputs(listed, definitionText(2, []), stored)).toBe(false);
  const [older, none] = [parseInputs('[["part","etag",1]]', prefix), parseInputs("[]", prefix)];
  expect([older, none]).toEqual(Array.from({ length: 2 }, () => ({ definition: "", parts: [] })));
});

test("A22: a recount holds no more ids at once than allowed; a larger day is cut into slices", () => {
  const days = [3, 4, 3, 25, 1].map((ids) => ({ ids }));
  const groups = recountGroups(days, 10);
  expect(groups.map((group) => [group.days.map((entry) => entry.ids), group.slices])).toEqual([
    [[3, 4, 3], 1],
    [[25], 3],
    [[1], 1],
  ]);
  expect(recountGroups([], 10)).toEqual([]);
  expect(passLimits("80")).toEqual({ dayIdsMax: 80, idsMax: 30 });
  for (const text of [undefined, "", "0", "-1", "many"])
    expect(passLimits(text)).toEqual({ dayIdsMax: 400_000, idsMax: 150_000 });
});
