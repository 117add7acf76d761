import { writeKeyLengthMax } from "./limits.ts";
import { fail, ok, type Result } from "./result.ts";

/** `public` keys stand in pages and apps and may only write; `server` keys are secret and may set more. */
export type KeyKind = "public" | "server";

/** What a write key says once its signature holds. */
export interface WriteKey {
  readonly project: string;
  readonly source: string;
  readonly kind: KeyKind;
  /** Number of the key within its project, for revocation. From 1. */
  readonly serial: number;
}

const keyPattern =
  /^([a-z0-9][a-z0-9-]{0,39})\.([a-z0-9][a-z0-9-]{0,39})\.([ps])([1-9][0-9]{0,8})\.([A-Za-z0-9_-]{22})$/;
const namePattern = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** Whether a text can name a project or a source: 1 to 40 of a–z, 0–9 and -, not starting with -. */
export function isName(text: string): boolean {
  return namePattern.test(text);
}

/** The signed part of a key: `project.source.kind+serial`. */
export function writeKeyPayload(key: WriteKey): string {
  return `${key.project}.${key.source}.${key.kind === "public" ? "p" : "s"}${key.serial}`;
}

/** Bytes that are signed (HMAC-SHA-256) for a payload; the prefix keeps other uses of the secret apart. */
export function writeKeySignedText(payload: string): string {
  return `sluice write key 1 ${payload}`;
}

/** Joins payload and signature (the first 16 bytes of the HMAC) to the key that clients send. */
export function formatWriteKey(key: WriteKey, hmac: Uint8Array): string {
  return `${writeKeyPayload(key)}.${base64Url(hmac.subarray(0, 16))}`;
}

/** A key that has the right form; its signature is still to be verified. */
export interface ParsedWriteKey {
  readonly key: WriteKey;
  readonly payload: string;
  readonly signature: string;
}

/** Takes a key apart. Fails on anything that cannot be a key, without saying which part. */
export function parseWriteKey(text: string): Result<ParsedWriteKey, "malformed_write_key"> {
  const match = text.length <= writeKeyLengthMax ? keyPattern.exec(text) : null;
  if (match === null) return fail("malformed_write_key");
  const [, project = "", source = "", kind = "", serial = "", signature = ""] = match;
  const key: WriteKey = { project, source, kind: kind === "p" ? "public" : "server", serial: Number(serial) };
  return ok({ key, payload: writeKeyPayload(key), signature });
}

/** Whether a signature is the one of `hmac`, in time that does not depend on where they differ. */
export function signatureMatches(signature: string, hmac: Uint8Array): boolean {
  return equalInConstantTime(signature, base64Url(hmac.subarray(0, 16)));
}

/** Compares two texts in time that depends on their lengths only. */
export function equalInConstantTime(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i % Math.max(1, b.length));
  return difference === 0;
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** RFC 4648 base64url without padding. */
export function base64Url(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const bits = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += alphabet.charAt(bits >> 18) + alphabet.charAt((bits >> 12) & 63);
    if (left > 1) text += alphabet.charAt((bits >> 6) & 63);
    if (left > 2) text += alphabet.charAt(bits & 63);
  }
  return text;
}
