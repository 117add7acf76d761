/*
 * The one file of the package that touches the platform: synchronous gzip, in Node and in workerd (nodejs_compat).
 */
import { gunzipSync, gzipSync } from "node:zlib";

/** Position of the operating system's code in a gzip header (RFC 1952), and its value for "unknown". */
const osByteIndex = 9;
const osUnknown = 255;
/** Room for the smallest buffers that decompression starts with. */
const outputSlackBytes = 65_536;

/** Compresses one page. The header names no platform, so that the same rows give the same bytes everywhere. */
export function gzip(bytes: Uint8Array, level: number): Uint8Array {
  const packed = gzipSync(bytes, { level });
  packed[osByteIndex] = osUnknown;
  return packed;
}

/** Decompresses one page of a stated size. Throws when it is corrupt or of another size. */
export function gunzip(bytes: Uint8Array, outputBytes: number): Uint8Array {
  // workerd counts its buffer's spare room as output (100,000 bytes exceed a limit of 100,000), hence the slack.
  const plain = gunzipSync(bytes, { maxOutputLength: 2 * outputBytes + outputSlackBytes });
  if (plain.length !== outputBytes) throw new RangeError(`a page of ${plain.length} bytes, stated as ${outputBytes}`);
  return plain;
}
