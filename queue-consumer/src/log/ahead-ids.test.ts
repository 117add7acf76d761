import { birthOfMessageId, hourMs, hourOf, undatedBucketMs } from "@sluice/schema";
import { expect, test } from "vitest";
import { MemoryPages } from "../../testing/memory-pages.ts";
import { oldIdsOf } from "./ahead-ids.ts";
import { type AskedIds, parentQuestion } from "./asked-ids.ts";
import { FilterBudget } from "./filter-budget.ts";
import { beforeOf, hasNoIds, textOfBefore, unaskedOf } from "./inheritance.ts";
import { aheadFilterBytesMax } from "./limits.ts";
import { hashIds } from "./request-hashes.ts";
import { SeenIndex } from "./seen-index.ts";
import { hashBytes } from "./seen-set.ts";

const nowMs = Date.parse("2026-11-20T10:00:00Z");
const dayMs = 24 * hourMs;
const hashKey = Uint32Array.of(1, 2, 3, 4);

/** So many ids that state births in the hours from an instant on, one in each. */
function idsFrom(prefix: string, ms: number, count: number): AskedIds {
  const ids = Array.from({ length: count }, (_, i) => ({
    keyKind: "public" as const,
    dataset: "events" as const,
    id: `${prefix}${i}`,
    bucketHourMs: hourOf(ms + i * hourMs),
  }));
  return {
    bucketHoursMs: Float64Array.from(ids, ({ bucketHourMs }) => bucketHourMs),
    packed: hashIds(ids, hashKey),
    hashesAt: 0,
  };
}

function store(index: SeenIndex, { bucketHoursMs, packed }: AskedIds): void {
  bucketHoursMs.forEach((bucketMs, i) => {
    index.addLive(bucketMs, packed.subarray(i * hashBytes, (i + 1) * hashBytes));
  });
}

/** How many of these ids a child asks its parent for, which was split now. */
function askedFor(parent: SeenIndex, ids: AskedIds): number {
  const { last, ahead } = oldIdsOf(parent, nowMs);
  const before = {
    last: { id: last, undatedId: parent.lastUndatedPlace, slice: -1 },
    ahead: ahead === null ? [] : [ahead],
  };
  const kept = beforeOf(textOfBefore(before));
  expect(hasNoIds(kept)).toBe(false);
  return parentQuestion([ids], () => false, unaskedOf(kept).ids).bucketHoursMs.length;
}

test("Q120: an id born far ahead does not make a child ask its parent for all that comes later, and is itself asked for", () => {
  const parent = new SeenIndex(new MemoryPages(), new FilterBudget(1e6), null);
  const old = idsFrom("old", nowMs - 400 * hourMs, 400);
  const ahead = idsFrom("ahead", nowMs + dayMs, 5_000);
  const far = birthOfMessageId("7ZZZZZZZZZ0000000000000000") ?? 0;
  const farthest = idsFrom("farthest", far, 1);
  const undated = idsFrom("undated", undatedBucketMs(nowMs), 1);
  store(parent, old);
  store(parent, ahead);
  parent.fold(1, nowMs)();
  store(parent, farthest);
  store(parent, undated);
  for (const ids of [old, ahead, farthest, undated]) expect(askedFor(parent, ids)).toBe(ids.bucketHoursMs.length);
  const fresh = idsFrom("fresh", nowMs + 3 * hourMs, 10_000);
  expect(askedFor(parent, fresh)).toBeLessThan(120); // false positives of the filter
  parent.fold(2, nowMs)();
  for (const ids of [old, ahead, farthest, undated]) expect(askedFor(parent, ids)).toBe(ids.bucketHoursMs.length);
  expect(askedFor(parent, fresh)).toBeLessThan(120);
});

test("Q120: the filter of ids that are ahead is bounded, whatever their number", () => {
  const parent = new SeenIndex(new MemoryPages(), new FilterBudget(1e6), null);
  store(parent, idsFrom("ahead", nowMs + dayMs, 120_000));
  expect(oldIdsOf(parent, nowMs).ahead?.byteLength).toBe(aheadFilterBytesMax);
});

test("Q120: a log without a parent asks for nothing, and what a parent gave before it told of ids ahead is still read", () => {
  expect(hasNoIds(beforeOf(null))).toBe(true);
  expect(beforeOf('{"id":5,"undatedId":-1,"slice":7}')).toEqual({
    last: { id: 5, undatedId: -1, slice: 7 },
    ahead: [],
  });
});
