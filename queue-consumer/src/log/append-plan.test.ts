import type { AppendRequest, AppendRow } from "@sluice/schema";
import { expect, test } from "vitest";
import { planAppend } from "./append-plan.ts";
import { FilterBudget } from "./filter-budget.ts";
import type { Entries } from "./seen-entries.ts";
import type { SeenFilter } from "./seen-filter.ts";
import { type PageStore, SeenIndex, type WarmPage } from "./seen-index.ts";
import { hashBytes } from "./seen-set.ts";

const bucketsMs = [0, 3_600_000];

/** A request whose rows alternate between two buckets, with made-up hashes. */
function alternating(count: number): { request: AppendRequest; rows: Uint8Array } {
  const rows = new Uint8Array(count * hashBytes);
  const view = new DataView(rows.buffer);
  const appended = Array.from({ length: count }, (_, i): AppendRow => {
    view.setUint32(i * hashBytes, i + 1);
    const bucketHourMs = bucketsMs[i % 2] ?? 0;
    return {
      slice: 0,
      dataset: "events",
      id: `id-${i}`,
      keyKind: "public",
      bucketHourMs,
      fileHourMs: 0,
      row: "{}",
    };
  });
  const slice = { receiptId: "r1", firstIndex: 0, source: "web", receivedAtMs: 0, isolateId: "i", sequence: 1 };
  return { request: { project: "shop", shard: 0, slices: [slice], rows: appended }, rows };
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

test("Q15: an append reads each page of ids once, also when its rows alternate between pages", () => {
  const { request, rows } = alternating(20_000);
  const store = memoryPages();
  const seen = new SeenIndex(store, new FilterBudget(1), null);
  bucketsMs.forEach((bucketMs, bucket) => {
    for (let i = bucket; i < 20_000; i += 10) seen.addLive(bucketMs, rows.subarray(i * hashBytes, (i + 1) * hashBytes));
  });
  seen.fold(1, 0)();
  const nothingTaken = new SeenIndex(memoryPages(), new FilterBudget(1), null);
  store.reads = 0;
  const plan = planAppend(request, { rows, slices: new Uint8Array(hashBytes) }, seen, nothingTaken);
  expect(plan).toMatchObject({ stored: 16_000, duplicate: 4000, rejected: 0, skippedSlices: 0, unchecked: [] });
  const isOld = (i: number): boolean => i % 10 < 2;
  expect(plan.rows.map(({ row }) => row.id)).toEqual(request.rows.map((row) => row.id).filter((_, i) => !isOld(i)));
  expect(store.reads).toBe(seen.pages.length);
});
