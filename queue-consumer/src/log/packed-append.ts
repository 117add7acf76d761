import {
  type AppendBody,
  type AppendRequest,
  type AppendSegment,
  type AppendSlice,
  type Dataset,
  type IdTexts,
  type PackedAppend,
  type Receipt,
} from "@sluice/schema";
import { concatenate } from "./block.ts";
import { joinIds } from "./id-texts.ts";

/** A slice as the log reads it: the ids of its events stand among those of its request. */
export type LogSlice = Omit<AppendSlice, "events"> & { readonly events: Omit<AppendSlice["events"], "ids"> };

/** A request as the log reads it. */
export interface LogRequest {
  readonly project: string;
  readonly shard: number;
  readonly slices: readonly LogSlice[];
  /** Of all events, slice by slice. */
  readonly ids: IdTexts;
}

/** The layout that this code writes, and the only one that it reads. */
const version = 1;
const datasets: readonly Dataset[] = ["events", "rejected"];
const forms: readonly AppendBody["form"][] = ["request", "picked"];
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const openBrace = 0x7b;

/** Packs a request for its way to the log. */
export function packAppend({ project, shard, slices }: AppendRequest): PackedAppend {
  const receipts = slices.map(jsonOf);
  const counts: number[] = [];
  let hours = 0;
  let events = 0;
  slices.forEach(({ bodies, segments, events: { positions } }, i) => {
    counts.push(receipts[i]?.length ?? 0, bodies.length, segments.length, positions.length);
    for (const { form, gzip, bytes, events: count } of bodies)
      counts.push(forms.indexOf(form), gzip.length, bytes, count);
    for (const { dataset, body } of segments) counts.push(datasets.indexOf(dataset), body);
    hours += segments.length + positions.length;
    events += positions.length;
  });
  const hoursMs = new Float64Array(hours);
  const places = new Uint16Array(2 * events);
  let hour = 0;
  let place = 0;
  for (const { segments, events: columns } of slices) {
    for (const { fileHourMs } of segments) hoursMs[hour++] = fileHourMs;
    hoursMs.set(columns.bucketHoursMs, hour);
    places.set(columns.positions, place);
    places.set(columns.segments, place + columns.positions.length);
    hour += columns.positions.length;
    place += 2 * columns.positions.length;
  }
  return {
    version,
    project,
    shard,
    receipts: joinJson(receipts),
    bodies: concatenate(slices.flatMap(({ bodies }) => bodies.map(({ gzip }) => gzip))),
    counts: Uint32Array.from(counts),
    hoursMs,
    places,
    ids: joinIds(slices.map((slice) => slice.events.ids)),
  };
}

/** The receipt as it came, unless it begins with anything that may not stand within an array. */
function jsonOf({ receipt, receiptJson }: AppendSlice): Uint8Array {
  return receiptJson[0] === openBrace ? receiptJson : encoder.encode(JSON.stringify(receipt));
}

/** A JSON array of JSON texts. */
function joinJson(texts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(texts.reduce((sum, text) => sum + text.length + 1, texts.length === 0 ? 2 : 1));
  let at = 0;
  for (const text of texts) {
    joined[at] = at === 0 ? 0x5b : 0x2c; // [ and then commas
    joined.set(text, at + 1);
    at += 1 + text.length;
  }
  if (at === 0) joined[at++] = 0x5b;
  joined[at] = 0x5d;
  return joined;
}

/** Unpacks what {@link packAppend} made, as views of it; `null` where another version did. */
export function unpackAppend(packed: PackedAppend): LogRequest | null {
  if (packed.version !== version) return null;
  const { project, shard, hoursMs, places, counts } = packed;
  const receipts = JSON.parse(decoder.decode(packed.receipts)) as readonly Receipt[];
  const at = { count: 0, hour: 0, place: 0, receipt: 1, body: 0 };
  const next = (): number => counts[at.count++] ?? Number.NaN;
  const slices = receipts.map((receipt): LogSlice => {
    const [receiptBytes, bodyCount, segmentCount, count] = [next(), next(), next(), next()];
    const receiptJson = packed.receipts.subarray(at.receipt, at.receipt + receiptBytes);
    at.receipt += receiptBytes + 1;
    const bodies: AppendBody[] = [];
    for (let i = 0; i < bodyCount; i++) {
      const form = forms[next()] ?? "request";
      const from = at.body;
      at.body += next();
      bodies.push({ form, gzip: packed.bodies.subarray(from, at.body), bytes: next(), events: next() });
    }
    const segments: AppendSegment[] = [];
    for (let i = 0; i < segmentCount; i++) {
      const dataset = datasets[next()] ?? "events";
      segments.push({ dataset, fileHourMs: hoursMs[at.hour++] ?? Number.NaN, body: next() });
    }
    const events = {
      positions: places.subarray(at.place, at.place + count),
      segments: places.subarray(at.place + count, at.place + 2 * count),
      bucketHoursMs: hoursMs.subarray(at.hour, at.hour + count),
    };
    at.hour += count;
    at.place += 2 * count;
    return { receipt, receiptJson, bodies, segments, events };
  });
  const isWhole =
    at.count === counts.length &&
    at.hour === hoursMs.length &&
    at.place === 2 * packed.ids.ends.length &&
    at.place === places.length &&
    at.body === packed.bodies.length;
  if (!isWhole) throw new Error("a packed append whose columns do not belong together");
  return { project, shard, slices, ids: packed.ids };
}
