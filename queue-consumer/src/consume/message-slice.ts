import { gzipSync } from "node:zlib";
import { placeOf } from "@sluice/lake";
import {
  type AppendBody,
  type AppendSegment,
  type AppendSlice,
  type Dataset,
  envelopeOf,
  hourOf,
  isObject,
  type Json,
  serverMessageId,
} from "@sluice/schema";
import { IdWriter, textKinds } from "../log/id-texts.ts";
import { openBody, type OpenMessage } from "./decode-message.ts";
import { verdictsOf } from "./verdicts.ts";

/**
 * Files that may share the client's own body, which is read once for each. The events of a message that goes to more of
 * them are packed anew, file by file: else one message with 10,000 different hours would be read 10,000 times.
 */
export const sharedBodyFilesMax = 4;

/** What the log is told of a message. Follows from the message alone, so that a redelivery tells it the same. */
export function sliceOf(message: OpenMessage): AppendSlice {
  const { receipt, receiptJson, events } = message;
  const files = new Files();
  const ids = new IdWriter(receipt.eventCount);
  const kinds = textKinds[receipt.keyKind];
  const bucketHoursMs = new Float64Array(receipt.eventCount);
  const segments = new Uint16Array(receipt.eventCount);
  const positions = new Uint16Array(receipt.eventCount);
  const rejectionOf = verdictsOf(receipt);
  for (let i = 0; i < receipt.eventCount; i++) {
    const index = receipt.firstIndex + i;
    const raw = events[i];
    positions[i] = i;
    if (isObject(raw) && rejectionOf(raw, index) === null) {
      const place = placeOf(raw, receipt, index);
      ids.add(kinds.events, place.messageId);
      bucketHoursMs[i] = place.bucketHourMs;
      segments[i] = files.indexOf("events", place.fileHourMs);
    } else {
      ids.add(kinds.rejected, serverMessageId(receipt.receiptId, index));
      bucketHoursMs[i] = hourOf(receipt.receivedAtMs);
      segments[i] = files.indexOf("rejected", hourOf(receipt.receivedAtMs));
    }
  }
  return {
    receipt,
    receiptJson,
    ...bodiesOf(message, files.list, segments),
    events: { positions, ids: ids.ids(), bucketHoursMs, segments },
  };
}

type File = Omit<AppendSegment, "body">;

/** The files of one message, numbered as they come. */
class Files {
  readonly list: File[] = [];
  readonly #indices = { events: new Map<number, number>(), rejected: new Map<number, number>() };
  #last = -1;

  indexOf(dataset: Dataset, fileHourMs: number): number {
    const last = this.list[this.#last];
    if (last !== undefined && last.fileHourMs === fileHourMs && last.dataset === dataset) return this.#last;
    const indices = this.#indices[dataset];
    this.#last = indices.get(fileHourMs) ?? this.list.push({ dataset, fileHourMs }) - 1;
    indices.set(fileHourMs, this.#last);
    return this.#last;
  }
}

function bodiesOf(
  { receipt, events: { length }, gzip, bodyBytes }: OpenMessage,
  files: readonly File[],
  segmentOf: Uint16Array,
): Pick<AppendSlice, "bodies" | "segments"> {
  const own: AppendBody = { form: "request", gzip, bytes: bodyBytes, events: length };
  if (files.length <= sharedBodyFilesMax) {
    return { bodies: [own], segments: files.map((file) => ({ ...file, body: 0 })) };
  }
  const picks = files.map((): [number, Json][] => []);
  wholeEvents(gzip).forEach((event, i) => picks[segmentOf[i] ?? 0]?.push([receipt.firstIndex + i, event]));
  const bodies = [own];
  const segments = files.map((file, i): AppendSegment => {
    const body = pickedBody(picks[i] ?? []);
    // Rejects are made of the body as it came, and so is what packs no better alone: no body is larger than a message.
    const isOwn = file.dataset === "rejected" || body.gzip.length >= gzip.length;
    return { ...file, body: isOwn ? 0 : bodies.push(body) - 1 };
  });
  return { bodies, segments };
}

/** The events of a body, read to their end: an opened message has only what decides where they go. */
function wholeEvents(gzip: Uint8Array): readonly Json[] {
  const opened = openBody(gzip);
  if (!opened.ok) throw new Error("a message was opened whose body does not open");
  return envelopeOf(opened.value.json).events;
}

function pickedBody(events: readonly (readonly [number, Json])[]): AppendBody {
  const json = encoder.encode(JSON.stringify(events));
  return { form: "picked", gzip: gzipSync(json, { level: 1 }), bytes: json.length, events: events.length };
}

const encoder = new TextEncoder();
