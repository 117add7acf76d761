import {
  type AppendBody,
  type AppendRequest,
  type AppendSegment,
  type AppendSlice,
  type Dataset,
  type PackedAppend,
  type Receipt,
} from "@sluice/schema";
import { concatenate } from "./block.ts";
import { textKinds } from "./request-hashes.ts";

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

/** What the ids of events are hashed as: a byte for key class and dataset, then UTF-8. */
export interface IdTexts {
  readonly bytes: Uint8Array;
  /** Where each ends. */
  readonly ends: Uint32Array;
}

/** The layout that this code writes, and the only one that it reads. */
const version = 1;
const datasets: readonly Dataset[] = ["events", "rejected"];
const forms: readonly AppendBody["form"][] = ["request", "picked"];
const encoder = new TextEncoder();
/** Keeps byte order marks, which an id may begin with. */
const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
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
    ...packIds(slices, events),
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

function packIds(slices: readonly AppendSlice[], events: number): Pick<PackedAppend, "ids" | "idEnds"> {
  let room = 0;
  for (const slice of slices) for (const id of slice.events.ids) room += 1 + 3 * id.length;
  const ids = new Uint8Array(room);
  const idEnds = new Uint32Array(events);
  let event = 0;
  let end = 0;
  for (const { receipt, segments, events: columns } of slices) {
    const kindOf = segments.map(({ dataset }) => textKinds[receipt.keyKind][dataset]);
    columns.ids.forEach((id, i) => {
      const kind = kindOf[columns.segments[i] ?? -1];
      if (kind === undefined) throw new Error("an event of a slice names no segment of it");
      ids[end++] = kind;
      end = writeText(id, ids, end);
      idEnds[event++] = end;
    });
  }
  return { ids: ids.slice(0, end), idEnds };
}

/** Writes UTF-8, and returns where it ends. Ids are mostly ASCII, for which this is faster than the encoder. */
function writeText(text: string, out: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return at + encoder.encodeInto(text, out.subarray(at)).written;
    out[at + i] = unit;
  }
  return at + text.length;
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
    at.place === 2 * packed.idEnds.length &&
    at.place === places.length &&
    at.body === packed.bodies.length;
  if (!isWhole) throw new Error("a packed append whose columns do not belong together");
  return { project, shard, slices, ids: { bytes: packed.ids, ends: packed.idEnds } };
}

/** The ids as texts. */
export function textsOf({ bytes, ends }: IdTexts): readonly string[] {
  const all = decoder.decode(bytes);
  const isAscii = all.length === bytes.length;
  return Array.from(ends, (end, i) => {
    const start = (ends[i - 1] ?? 0) + 1;
    return isAscii ? all.slice(start, end) : decoder.decode(bytes.subarray(start, end));
  });
}
