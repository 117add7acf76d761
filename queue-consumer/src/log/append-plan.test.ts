import type { AppendSlice } from "@sluice/schema";
import { expect, test } from "vitest";
import { testSlice } from "../../testing/slices.ts";
import { planAppend } from "./append-plan.ts";
import { FilterBudget } from "./filter-budget.ts";
import { type LogRequest, packAppend, unpackAppend } from "./packed-append.ts";
import { hashRequest } from "./request-hashes.ts";
import type { Entries } from "./seen-entries.ts";
import type { SeenFilter } from "./seen-filter.ts";
import { type PageStore, SeenIndex, type WarmPage } from "./seen-index.ts";
import { hashBytes } from "./seen-set.ts";

const bucketsMs = [0, 3_600_000];
const key = Uint32Array.of(1, 2, 3, 4);

/** A request as it reaches the log. */
function requestOf(slices: readonly AppendSlice[]): LogRequest {
  const request = unpackAppend(packAppend({ project: "shop", shard: 0, slices }));
  if (request === null) throw new Error("the log does not know its own version");
  return request;
}

/** A request of one slice whose events alternate between two buckets. */
function alternating(count: number): LogRequest {
  const events = Array.from({ length: count }, (_, i) => ({ id: `id-${i}`, bucketHourMs: bucketsMs[i % 2] ?? 0 }));
  return requestOf([testSlice({ receiptId: "r1" }, events)]);
}

/** Pages in memory, which count what is read of them. */
function memoryPages(): PageStore & { reads: number } {
  const pages = new Map<number, { page: WarmPage; entries: Entries; filter: SeenFilter }>();
  const pageAt = (place: number) => {
    const page = pages.get(place);
    if (page === undefined) throw new Error(`no page at ${place}`);
    return page;
  };
  return {
    reads: 0,
    pages: () => [...pages.values()].map(({ page }) => page),
    entries(place) {
      this.reads += 1;
      return pageAt(place).entries;
    },
    filter: (place) => pageAt(place).filter,
    put(page, { replaces, entries }, filter) {
      if (replaces !== null) pages.delete(replaces);
      pages.set(page.place, { page, entries, filter });
    },
  };
}

test("Q15: an append reads each page of ids once, also when its events alternate between pages", () => {
  const request = alternating(20_000);
  const hashes = hashRequest(request, key);
  const store = memoryPages();
  const seen = new SeenIndex(store, new FilterBudget(1), null);
  bucketsMs.forEach((bucketMs, bucket) => {
    for (let i = bucket; i < 20_000; i += 10)
      seen.addLive(bucketMs, hashes.events.subarray(i * hashBytes, (i + 1) * hashBytes));
  });
  seen.fold(1, 0)();
  store.reads = 0;
  const plan = planAppend(request, hashes, seen, nothingSeen());
  expect(plan).toMatchObject({ stored: 16_000, duplicate: 4000, rejected: 0, skippedSlices: 0, unchecked: [] });
  expect(plan.slices[0]?.fresh).toEqual(Array.from({ length: 20_000 }, (_, i) => i).filter((i) => i % 10 >= 2));
  expect(store.reads).toBe(seen.pages.length);
});

function nothingSeen(): SeenIndex {
  return new SeenIndex(memoryPages(), new FilterBudget(1), null);
}

test("Q57: ids of two key classes, of events and rejects, and of slices are told apart", () => {
  const at = { id: "same", bucketHourMs: 0 };
  const slices = [
    testSlice({ receiptId: "same", keyKind: "public" }, [at, { ...at, dataset: "rejected" }]),
    testSlice({ receiptId: "other", keyKind: "server" }, [at, { ...at, dataset: "rejected" }, at]),
  ];
  const request = requestOf(slices);
  const hashes = hashRequest(request, key);
  const plan = planAppend(request, hashes, nothingSeen(), nothingSeen());
  expect(plan).toMatchObject({ stored: 2, rejected: 2, duplicate: 1 });
  expect(plan.slices.map(({ fresh }) => fresh)).toEqual([
    [0, 1],
    [0, 1],
  ]);
  const texts = [hashes.events, hashes.slices].flatMap((packed) =>
    Array.from({ length: packed.length / hashBytes }, (_, i) =>
      Buffer.from(packed.subarray(i * hashBytes, (i + 1) * hashBytes)).toString("hex"),
    ),
  );
  expect(new Set(texts).size).toBe(6);
});

test("Q57: ids beyond ASCII are told apart by every character, and another key makes other hashes", () => {
  const ids = ["a", "ä", "aä", "ä".repeat(100), "\u{1f600}", "x".repeat(2000), ""];
  const events = ids.map((id) => ({ id, bucketHourMs: 0 }));
  const request = requestOf([testSlice({ receiptId: "r1" }, events)]);
  const hashes = [key, Uint32Array.of(1, 2, 3, 5)].flatMap((used) => {
    const { events: packed } = hashRequest(request, used);
    return ids.map((_, i) => Buffer.from(packed.subarray(i * hashBytes, (i + 1) * hashBytes)).toString("hex"));
  });
  expect(new Set(hashes).size).toBe(2 * ids.length);
});
