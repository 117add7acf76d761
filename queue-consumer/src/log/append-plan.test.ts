import type { AppendRequest } from "@sluice/schema";
import { expect, test } from "vitest";
import { testSlice } from "../../testing/slices.ts";
import { planAppend } from "./append-plan.ts";
import { hashRequest } from "./request-hashes.ts";
import { SeenIndex } from "./seen-index.ts";
import { hashBytes } from "./seen-set.ts";

const bucketsMs = [0, 3_600_000];
const key = Uint32Array.of(1, 2, 3, 4);
const nothing = { load: () => [] };

/** A request of one slice whose events alternate between two buckets. */
function alternating(count: number): AppendRequest {
  const events = Array.from({ length: count }, (_, i) => ({ id: `id-${i}`, bucketHourMs: bucketsMs[i % 2] ?? 0 }));
  return { project: "shop", shard: 0, slices: [testSlice({ receiptId: "r1" }, events)] };
}

test("Q15: an append loads each folded bucket once, also when the buckets do not fit into memory together", () => {
  const request = alternating(200);
  const hashes = hashRequest(request, key);
  const loads: number[] = [];
  const load = (bucketMs: number): readonly Uint8Array[] => {
    loads.push(bucketMs);
    const folded = Array.from({ length: 200 }, (_, i) => i).filter((i) => bucketsMs[i % 2] === bucketMs && i % 5 === 0);
    return [Uint8Array.from(folded.flatMap((i) => [...hashes.events.subarray(i * hashBytes, (i + 1) * hashBytes)]))];
  };
  const plan = planAppend(request, hashes, new SeenIndex({ load }, 1), new SeenIndex(nothing, 1_000_000));
  expect(loads).toEqual(bucketsMs);
  expect(plan).toMatchObject({ stored: 160, duplicate: 40, rejected: 0, skippedSlices: 0 });
  expect(plan.slices[0]?.fresh).toEqual(Array.from({ length: 200 }, (_, i) => i).filter((i) => i % 5 !== 0));
});

test("Q57: ids of two key classes, of events and rejects, and of slices are told apart", () => {
  const at = { id: "same", bucketHourMs: 0 };
  const slices = [
    testSlice({ receiptId: "same", keyKind: "public" }, [at, { ...at, dataset: "rejected" }]),
    testSlice({ receiptId: "other", keyKind: "server" }, [at, { ...at, dataset: "rejected" }, at]),
  ];
  const request = { project: "shop", shard: 0, slices };
  const hashes = hashRequest(request, key);
  const plan = planAppend(request, hashes, new SeenIndex(nothing, 1), new SeenIndex(nothing, 1));
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
  const request = { project: "shop", shard: 0, slices: [testSlice({ receiptId: "r1" }, events)] };
  const hashes = [key, Uint32Array.of(1, 2, 3, 5)].flatMap((used) => {
    const { events: packed } = hashRequest(request, used);
    return ids.map((_, i) => Buffer.from(packed.subarray(i * hashBytes, (i + 1) * hashBytes)).toString("hex"));
  });
  expect(new Set(hashes).size).toBe(2 * ids.length);
});
