import { fail, ok, type Result } from "@sluice/schema";
import { bodyDepthMax, bodyValuesMax } from "./limits.ts";

/** Why a body is not worth parsing. */
export type ScanFailure = "body_too_deep" | "too_many_values";

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;

/**
 * Looks once over the bytes of a JSON body, outside of strings, and stops at the first limit passed: nesting
 * ({@link bodyDepthMax}) and values, as commas and opening brackets ({@link bodyValuesMax}). It allocates nothing, so 8 kB of
 * gzip cannot become 181 MB of objects. Bytes that are no JSON pass: `JSON.parse` refuses them.
 */
export function scanBody(bytes: Uint8Array): Result<null, ScanFailure> {
  let depth = 0;
  let values = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === quote) {
      i = endOfString(bytes, i + 1);
    } else if (byte === comma) {
      values++;
    } else if (byte === 0x5b || byte === 0x7b) {
      values++;
      depth++;
      if (depth > bodyDepthMax) return fail("body_too_deep");
    } else if (byte === 0x5d || byte === 0x7d) {
      depth--;
    }
    if (values > bodyValuesMax) return fail("too_many_values");
  }
  return ok(null);
}

/** Position of the quote that ends the string whose content starts at `start`; the end of the bytes when none does. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let i = start; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === backslash) i++;
    else if (byte === quote) return i;
  }
  return bytes.length;
}
