import { gzipSync } from "node:zlib";
import type { R2Bucket } from "@cloudflare/workers-types";
import { expect, test } from "vitest";
import { testEvent, testReceipt } from "../../testing/harness.ts";
import { packPicks } from "../log/block-data.ts";
import { partTextLengthMax, publishAttemptsMax } from "../log/limits.ts";
import { partSizeMax } from "../log/publish-plan.ts";
import { PendingHours } from "../log/pending-hours.ts";
import { sha256Hex } from "./hashing.ts";
import { Publisher, type PublisherLog } from "./publisher.ts";

const hour = { dataset: "events", hourMs: Date.parse("2026-03-01T12:00:00Z") } as const;

/** A log with an hour of so many segments, each as large as a part may be, over a lake that takes everything. */
function logOf(segments: number): { publisher: Publisher; pending: PendingHours; puts: string[] } {
  const body = gzipSync(JSON.stringify({ batch: [testEvent("a")] }));
  const receipt = Buffer.from(JSON.stringify(testReceipt({ receiptId: "r1" })));
  const places = { receipt: { at: 0, bytes: receipt.length }, body: { at: receipt.length, bytes: body.length } };
  const picks = packPicks([{ ...places, form: "request", positions: [0] }]);
  const data = Buffer.concat([receipt, body, picks]);
  const place = { at: receipt.length + body.length, bytes: picks.length };
  const size = { rows: 1, serverRows: 0, publicKeys: [], textLength: partTextLengthMax, ...place };
  const pending = new PendingHours();
  for (let i = 1; i <= segments; i++) pending.add(i, 1, { takenAtMs: 0, segments: [{ ...hour, ...size }] });
  const puts: string[] = [];
  let last: object | null = null;
  const storage = {
    transaction: (work: () => void) => work(),
    lastPart: () => last,
    putPlan: () => undefined,
    confirmPart: ({ part }: { part: number }, stored: object) =>
      (last = { ...stored, part, closed: false, plan: null, textLength: partTextLengthMax }),
    blockData: () => data,
  };
  const lake = {
    put: async (key: string, file: Uint8Array) => {
      puts.push(key);
      const checksums = { toJSON: () => ({ sha256: sha256Hex(file) }) };
      return { etag: key, size: file.length, checksums };
    },
  };
  const log = { project: "shop", shard: 0, birthId: "b", storage, pending, lastSequence: () => segments };
  const publisher = new Publisher(lake as unknown as R2Bucket, log as unknown as PublisherLog, partSizeMax);
  return { publisher, pending, puts };
}

test("Q28: an hour with more parts than tries is published to its end in one go when there is time", async () => {
  const parts = publishAttemptsMax + 5;
  const { publisher, pending, puts } = logOf(parts);
  await publisher.publishHour(hour, parts, Number.POSITIVE_INFINITY);
  expect(new Set(puts).size).toBe(parts);
  expect(pending.rows).toBe(0);
});

test("Q28: an hour of many parts is left after the part during which the time ends, and goes on from there", async () => {
  const { publisher, pending } = logOf(5);
  await publisher.publishHour(hour, 5, Date.now() - 1);
  expect(pending.rows).toBe(4);
  await publisher.publishHour(hour, 5, Date.now() - 1);
  expect(pending.rows).toBe(3);
});
