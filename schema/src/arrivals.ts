import type { StreamNote, VoidedMessage } from "./receipt.ts";
import { hourMs as hourLengthMs, hourOf } from "./time.ts";

/*
 * What is known of messages by their numbers. An isolate numbers its messages by source and hour of receipt (a stream) and
 * notes on each how many events came before it; whoever has seen some of them knows how many events the others hold.
 * All of it is sets of numbers and maxima, so that adding the same twice, or in another order, changes nothing.
 */

/** Which messages of one stream (isolate, source, hour of receipt) have been seen, and how far it is known to go. */
export interface StreamArrivals {
  readonly isolateId: string;
  readonly source: string;
  /** Hour of receipt, ms. */
  readonly hourMs: number;
  /** First and last sequence of each run of messages that arrived: ascending, neither touching nor overlapping. */
  readonly runs: readonly (readonly [first: number, last: number])[];
  /** Highest sequence known of, arrived or not, and the events up to it. */
  readonly messages: number;
  readonly events: number;
  /** Ascending by sequence. One that arrived all the same stands here and in the runs. */
  readonly voided: readonly VoidedMessage[];
}

/** What has arrived of the streams of one hour of receipt. */
export interface HourArrivals {
  readonly streams: readonly StreamArrivals[];
  /** Events taken from messages without a stream, by source. */
  readonly untracked: readonly { readonly source: string; readonly hourMs: number; readonly events: number }[];
}

/** Streams of one hour that are kept apart; the messages of further ones are taken, but not missed. */
export const streamsPerHourMax = 20_000;
/** Runs, and voided messages, of one stream that are kept; with more, the first runs are taken for one. */
export const runsPerStreamMax = 1_000;
const isolateIdLengthMax = 64;

/** A message with its place in a stream. */
export interface NumberedMessage {
  readonly isolateId: string;
  readonly source: string;
  readonly receivedAtMs: number;
  readonly sequence: number;
  readonly stream?: StreamNote & { readonly events: number };
}

/** What one message tells of its stream, and of that of the hour before; nothing where its numbers are none. */
export function arrivalsOf(message: NumberedMessage): readonly StreamArrivals[] {
  const { isolateId, source, sequence, stream } = message;
  const hourMs = hourOf(message.receivedAtMs);
  if (stream === undefined || !isNote(stream) || !isCount(sequence) || sequence === 0) return [];
  if (isolateId.length > isolateIdLengthMax) return [];
  const own: StreamArrivals = {
    isolateId,
    source,
    hourMs,
    runs: [[sequence, sequence]],
    messages: sequence,
    events: stream.eventsBefore + stream.events,
    voided: stream.voided,
  };
  const { previous } = stream;
  if (previous === null || previous.hourMs !== hourMs - hourLengthMs) return [own];
  const { messages, events, voided } = previous;
  return [own, { isolateId, source, hourMs: previous.hourMs, runs: [], messages, events, voided }];
}

/** What two parts tell of one stream together. */
export function joinArrivals(a: StreamArrivals, b: StreamArrivals): StreamArrivals {
  return {
    ...a,
    runs: joinRuns(a.runs, b.runs),
    messages: Math.max(a.messages, b.messages),
    events: Math.max(a.events, b.events),
    voided: joinVoided(a.voided, b.voided),
  };
}

/** Events and messages that a stream is known to hold, and those of its messages that have not been seen. */
export interface StreamCount {
  /** Events of all messages but those that were voided and did not arrive. */
  readonly events: number;
  readonly missingMessages: number;
}

/** Counts a stream. */
export function countStream(stream: StreamArrivals): StreamCount {
  const seen = stream.runs.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  const gone = stream.voided.filter(({ sequence }) => !stream.runs.some(([a, b]) => sequence >= a && sequence <= b));
  const goneEvents = gone.reduce((sum, { events }) => sum + events, 0);
  return {
    events: Math.max(0, stream.events - goneEvents),
    missingMessages: Math.max(0, stream.messages - seen - gone.length),
  };
}

/** Streams joined as they come, by hour, source and isolate. */
export class ArrivalTally {
  readonly #hours = new Map<number, Map<string, StreamArrivals>>();
  readonly #untracked = new Map<string, { source: string; hourMs: number; events: number }>();

  add(arrivals: HourArrivals): void {
    for (const stream of arrivals.streams) this.#addStream(stream);
    for (const { source, hourMs, events } of arrivals.untracked) {
      const key = `${source} ${hourMs}`;
      this.#untracked.set(key, { source, hourMs, events: (this.#untracked.get(key)?.events ?? 0) + events });
    }
  }

  #addStream(stream: StreamArrivals): void {
    let hour = this.#hours.get(stream.hourMs);
    if (hour === undefined) this.#hours.set(stream.hourMs, (hour = new Map<string, StreamArrivals>()));
    const key = `${stream.source} ${stream.isolateId}`;
    const known = hour.get(key);
    if (known !== undefined) hour.set(key, joinArrivals(known, stream));
    else if (hour.size < streamsPerHourMax) hour.set(key, stream);
  }

  /** All of it. */
  arrivals(): HourArrivals {
    const streams = [...this.#hours.values()].flatMap((hour) => [...hour.values()]);
    return { streams, untracked: [...this.#untracked.values()] };
  }

  clear(): void {
    this.#hours.clear();
    this.#untracked.clear();
  }
}

function joinRuns(a: StreamArrivals["runs"], b: StreamArrivals["runs"]): StreamArrivals["runs"] {
  const joined: [number, number][] = [];
  for (const [first, last] of [...a, ...b].sort((x, y) => x[0] - y[0])) {
    const open = joined.at(-1);
    if (open !== undefined && first <= open[1] + 1) open[1] = Math.max(open[1], last);
    else joined.push([first, last]);
  }
  const over = joined.length - runsPerStreamMax;
  return over <= 0 ? joined : [[joined[0]?.[0] ?? 1, joined[over]?.[1] ?? 1], ...joined.slice(over + 1)];
}

function joinVoided(a: readonly VoidedMessage[], b: readonly VoidedMessage[]): readonly VoidedMessage[] {
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a;
  const bySequence = new Map([...a, ...b].map((entry) => [entry.sequence, entry]));
  return [...bySequence.values()].sort((x, y) => x.sequence - y.sequence).slice(-runsPerStreamMax);
}

/** Notes come from a message's header, which is only known to be JSON. */
function isNote(note: StreamNote & { readonly events: number }): boolean {
  const { previous } = note;
  return (
    isCount(note.events) &&
    isCount(note.eventsBefore) &&
    areVoided(note.voided) &&
    (previous === null ||
      (typeof previous === "object" &&
        isCount(previous.messages) &&
        isCount(previous.events) &&
        areVoided(previous.voided)))
  );
}

function areVoided(voided: unknown): boolean {
  return (
    Array.isArray(voided) &&
    voided.length <= runsPerStreamMax &&
    voided.every((entry: Partial<VoidedMessage> | null) => isCount(entry?.sequence) && isCount(entry?.events))
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
