import { authorizationLengthMax } from "./limits.ts";

/**
 * The write key of an `Authorization: Basic base64(key + ":")` header; the colon and what follows are
 * optional. `null` when there is no such header or no key in it, so that the body and the query are asked next.
 */
export function basicWriteKey(authorization: string | null): string | null {
  if (authorization === null || authorization.length > authorizationLengthMax) return null;
  const encoded = /^basic +([A-Za-z0-9+/_-]+={0,2})\s*$/i.exec(authorization)?.[1];
  if (encoded === undefined) return null;
  const decoded = decodeBase64(encoded);
  const colon = decoded.indexOf(":");
  const key = (colon < 0 ? decoded : decoded.slice(0, colon)).trim();
  return key === "" ? null : key;
}

function decodeBase64(text: string): string {
  try {
    return atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return ""; // not base64: the header names no key, which is answered like any other missing key
  }
}
