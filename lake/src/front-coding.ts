import { ByteWriter } from "hyparquet-writer";
import { deltaBinaryPack } from "hyparquet-writer/src/delta.js";
import { PageBuffer } from "./page-buffer.ts";

/** Values from which on it is worth a look, and how many are looked at. */
const valuesMin = 200;
const sampleMax = 1000;
/** Share of their characters that must repeat the value before. */
const sharedMin = 0.25;

const whole = new PageBuffer();

/**
 * Whether texts begin so much like the ones before them that it pays to write what they add only. Ids that begin with a time
 * do, in files that are sorted by time.
 */
export function frontCodingPays(values: readonly string[]): boolean {
  if (values.length < valuesMin) return false;
  let before = "";
  let shared = 0;
  let all = 0;
  for (let i = 0; i < values.length && i < sampleMax; i++) {
    const value = values[i] ?? "";
    const max = Math.min(before.length, value.length);
    let common = 0;
    while (common < max && value.charCodeAt(common) === before.charCodeAt(common)) common++;
    shared += common;
    all += value.length;
    before = value;
  }
  return all > 0 && shared >= sharedMin * all;
}

/**
 * Appends texts as Parquet's incremental encoding, DELTA_BYTE_ARRAY
 * (https://parquet.apache.org/docs/file-format/data-pages/encodings/): how many bytes each shares with the one before, how many
 * it adds, and those.
 */
export function putFrontCoded(page: PageBuffer, values: readonly string[]): void {
  const prefixes = new Int32Array(values.length);
  const suffixes = new Int32Array(values.length);
  whole.clear();
  for (let i = 0; i < values.length; i++) suffixes[i] = whole.bareText(values[i] ?? "");
  const bytes = whole.bytes();
  let at = 0;
  let before = 0;
  let kept = 0;
  for (let i = 0; i < values.length; i++) {
    const length = suffixes[i] ?? 0;
    const max = Math.min(length, at - before);
    let common = 0;
    while (common < max && bytes[before + common] === bytes[at + common]) common++;
    prefixes[i] = common;
    suffixes[i] = length - common;
    before = at;
    at += length;
  }
  const lengths = new ByteWriter();
  deltaBinaryPack(lengths, prefixes, "INT32");
  deltaBinaryPack(lengths, suffixes, "INT32");
  page.append(lengths.getBytes());
  at = 0;
  for (let i = 0; i < values.length; i++) {
    const prefix = prefixes[i] ?? 0;
    const suffix = suffixes[i] ?? 0;
    kept = at + prefix;
    page.append(bytes.subarray(kept, kept + suffix));
    at = kept + suffix;
  }
}
