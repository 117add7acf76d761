import { createHash, randomBytes } from "node:crypto";

/** A new log's key for its hashes, hex. Without it nobody can make ids whose hashes collide or crowd one slot. */
export function newHashKey(): string {
  return randomBytes(16).toString("hex");
}

/** A new log's birth id, hex: another storage has another. */
export function newBirthId(): string {
  return randomBytes(16).toString("hex");
}

/** A hash key as SipHash takes it: four words of eight hex digits each. */
export function wordsOfKey(hashKey: string): Uint32Array {
  return Uint32Array.from([0, 8, 16, 24], (at) => Number.parseInt(hashKey.slice(at, at + 8), 16));
}

/** SHA-256, hex. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
