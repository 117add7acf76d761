import { createHash, createHmac, randomBytes } from "node:crypto";
import type { AppendRequest, SoughtId } from "@sluice/schema";
import type { RequestHashes } from "../log/append-plan.ts";
import { hashBytes } from "../log/seen-set.ts";

/** A new log's key for its hashes, hex. Without it nobody can make ids whose hashes collide or crowd one slot. */
export function newHashKey(): string {
  return randomBytes(32).toString("hex");
}

/** A new log's birth id, hex: another storage has another. */
export function newBirthId(): string {
  return randomBytes(16).toString("hex");
}

/** The hashes of a request's rows, by (key class, dataset, id), and of its slices. 128 bits of HMAC-SHA-256 each. */
export function hashRequest(request: AppendRequest, hashKey: string): RequestHashes {
  const rows = hashIds(request.rows, hashKey);
  const slices = new Uint8Array(request.slices.length * hashBytes);
  request.slices.forEach((slice, i) => {
    slices.set(hashOf(hashKey, `slice ${slice.receiptId} ${slice.firstIndex}`), i * hashBytes);
  });
  return { rows, slices };
}

/** The hashes of ids, by (key class, dataset, id). */
export function hashIds(ids: readonly Omit<SoughtId, "bucketHourMs">[], hashKey: string): Uint8Array {
  const hashes = new Uint8Array(ids.length * hashBytes);
  ids.forEach(({ keyKind, dataset, id }, i) => {
    hashes.set(hashOf(hashKey, `${keyKind} ${dataset} ${id}`), i * hashBytes);
  });
  return hashes;
}

/** SHA-256, hex. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function hashOf(key: string, text: string): Uint8Array {
  return createHmac("sha256", key).update(text).digest().subarray(0, hashBytes);
}
