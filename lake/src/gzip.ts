/*
 * The one file of the package that touches the platform: synchronous gzip, in Node and in workerd (nodejs_compat).
 */
import { constants, gunzipSync, gzipSync } from "node:zlib";
import { memoized } from "./memo.ts";

/** Position of the operating system's code in a gzip header (RFC 1952), and its value for "unknown". */
const osByteIndex = 9;
const osUnknown = 255;
/** Room for the smallest buffers that decompression starts with. */
const outputSlackBytes = 65_536;

/**
 * Pages up to this size are remembered: most columns of a part say one thing, and the next part says it again. To begin and end
 * a compression costs more than all the rest of such a column.
 */
const rememberedBytesMax = 64;
const rememberedPages = 1000;
/** Pages from this size on are tried out by a part of them. */
const triedBytesMin = 65_536;
const trialBytes = 8192;
/** What the search for repetitions must save of that part, at least. */
const searchGainMin = 1.1;

/**
 * Compresses one page. The header names no platform, so that the same rows give the same bytes everywhere.
 *
 * Where a part of a large page gets hardly smaller by the search for repetitions, as with random ids, only the frequencies
 * of its bytes are used, at a fraction of the cost.
 */
export function gzip(bytes: Uint8Array, level: number): Uint8Array {
  if (bytes.length <= rememberedBytesMax) return smallPage(String.fromCharCode(level, ...bytes));
  if (bytes.length >= triedBytesMin) {
    const start = (bytes.length - trialBytes) >> 1;
    const trial = bytes.subarray(start, start + trialBytes);
    const searched = gzipSync(trial, { level }).length;
    if (gzipSync(trial, frequenciesOnly).length < searchGainMin * searched)
      return nameless(gzipSync(bytes, frequenciesOnly));
  }
  return nameless(gzipSync(bytes, { level }));
}

const frequenciesOnly = { level: 1, strategy: constants.Z_HUFFMAN_ONLY };

/** Compresses a page that is given as a text: its level, then its bytes. */
const smallPage = memoized(
  (levelAndBytes) => {
    const [level = 0, ...bytes] = Array.from(levelAndBytes, (unit) => unit.charCodeAt(0));
    return nameless(gzipSync(Uint8Array.from(bytes), { level }));
  },
  { kept: rememberedPages, lengthMax: 1 + rememberedBytesMax },
);

function nameless(packed: Uint8Array): Uint8Array {
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
