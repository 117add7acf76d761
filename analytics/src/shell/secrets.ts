import {
  base64Url,
  equalInConstantTime,
  formatWriteKey,
  type WriteKey,
  writeKeyPayload,
  writeKeySignedText,
} from "@sluice/schema";

/** Whether a request carries the operator's token. Without a configured token nobody is the operator. */
export function isOperator(authorization: string | undefined, operatorToken: string | undefined): boolean {
  if (operatorToken === undefined || operatorToken === "") return false;
  return equalInConstantTime(bearerOf(authorization) ?? "", operatorToken);
}

/** The token of an `Authorization: Bearer` header. */
export function bearerOf(authorization: string | undefined): string | null {
  const match = /^Bearer ([^\s]{1,200})$/i.exec(authorization ?? "");
  return match?.[1] ?? null;
}

/** HMAC-SHA256 of a text, as hex. */
export async function hmacHex(secret: string, text: string): Promise<string> {
  return hex(await hmac(secret, text));
}

/** The text of a write key, signed with the first of the configured secrets; `null` when none is configured. */
export async function signWriteKey(key: WriteKey, secrets: string | undefined): Promise<string | null> {
  const secret = (secrets ?? "").split(",")[0]?.trim() ?? "";
  if (secret === "") return null;
  return formatWriteKey(key, new Uint8Array(await hmac(secret, writeKeySignedText(writeKeyPayload(key)))));
}

async function hmac(secret: string, text: string): Promise<ArrayBuffer> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", new TextEncoder().encode(secret), algorithm, false, ["sign"]);
  return crypto.subtle.sign("HMAC", imported, new TextEncoder().encode(text));
}

/** A fresh read token: 192 random bits. */
export function newReadToken(): string {
  return `slr_${base64Url(crypto.getRandomValues(new Uint8Array(24)))}`;
}

/** A random id without meaning: 72 bits. */
export function newId(): string {
  return base64Url(crypto.getRandomValues(new Uint8Array(9)));
}

/** SHA-256 as hex: what is stored of a read token, and what an entity tag is made of. */
export async function sha256Hex(text: string): Promise<string> {
  return hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

/** MD5 as hex: the etag that R2 gives to an object that was put in one piece. */
export async function md5Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return hex(await crypto.subtle.digest("MD5", bytes));
}

function hex(digest: ArrayBuffer): string {
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
