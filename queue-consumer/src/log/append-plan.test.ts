import type { AppendRequest, AppendRow } from "@sluice/schema";
import { expect, test } from "vitest";
import { planAppend } from "./append-plan.ts";
import { SeenIndex } from "./seen-index.ts";
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

test("Q15: an append loads each folded bucket once, also when the buckets do not fit into memory together", () => {
  const { request, rows } = alternating(200);
  const loads: number[] = [];
  const folded = (bucketMs: number): Uint8Array => {
    const own = request.rows.flatMap((row, i) =>
      row.bucketHourMs === bucketMs && i % 5 === 0 ? [...rows.subarray(i * hashBytes, (i + 1) * hashBytes)] : [],
    );
    return Uint8Array.from(own);
  };
  const load = (bucketMs: number): readonly Uint8Array[] => {
    loads.push(bucketMs);
    return [folded(bucketMs)];
  };
  const nothingTaken = new SeenIndex({ load: () => [] }, 1_000_000);
  const plan = planAppend(
    request,
    { rows, slices: new Uint8Array(hashBytes) },
    new SeenIndex({ load }, 1),
    nothingTaken,
  );
  expect(loads).toEqual(bucketsMs);
  expect(plan).toMatchObject({ stored: 160, duplicate: 40, rejected: 0, skippedSlices: 0 });
  expect(plan.rows.map(({ row }) => row.id)).toEqual(request.rows.map((row) => row.id).filter((_, i) => i % 5 !== 0));
});
