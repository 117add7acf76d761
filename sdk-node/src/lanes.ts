import type { BuiltEvent, QueuedEvent } from "@sluice/core";

/**
 * Lanes that users are spread over. Events of one user share a lane, and a lane has one batch under way at a time: that
 * keeps each user's order while several batches fly. Few enough to look at all of them for each batch.
 */
const laneCount = 64;

/** An event that waits or is under way. */
export interface Entry extends QueuedEvent {
  readonly lane: number;
  /** Place in the order of all events of this client, from 1. */
  readonly sequence: number;
  /** Number of the spool's segment that holds it; 0 when none does. */
  readonly segment: number;
}

/** A number of events and their bytes. */
export interface Amount {
  readonly events: number;
  readonly bytes: number;
}

/** Events that wait, by lane. A lane is busy while some of its events are under way. */
export class Lanes {
  readonly #lanes = Array.from({ length: laneCount }, () => new Lane());
  readonly #free = { events: 0, bytes: 0 };

  /** What waits in lanes that are not busy. */
  get free(): Amount {
    return this.#free;
  }

  push(entry: Entry): void {
    const lane = this.#lane(entry.lane);
    lane.push(entry);
    if (!lane.isBusy) this.#countFree(1, entry.bytes);
  }

  /** Sequence of the oldest event in a lane that is not busy; Infinity when there is none. */
  oldestFree(): number {
    return this.#lanes.reduce((least, lane) => (lane.isBusy ? least : Math.min(least, lane.oldest)), Infinity);
  }

  /** Takes events from the lanes whose heads are oldest, as many as fit, and makes those lanes busy; in the order of the calls. */
  take(limits: Amount): Entry[] {
    const taken: Entry[] = [];
    let bytes = 0;
    const fits = (entry: Entry | undefined): entry is Entry =>
      entry !== undefined &&
      (taken.length === 0 || (taken.length < limits.events && bytes + entry.bytes <= limits.bytes));
    for (const lane of byAge(this.#lanes.filter((lane) => !lane.isBusy))) {
      if (!fits(lane.head)) break;
      this.#countFree(-lane.waiting, -lane.bytes);
      lane.isBusy = true;
      for (let entry = lane.head; fits(entry); entry = lane.head) {
        bytes += entry.bytes + 1;
        lane.shift();
        taken.push(entry);
      }
    }
    return taken.sort((one, other) => one.sequence - other.sequence);
  }

  /** The events of these lanes that were under way are settled. */
  release(indices: Iterable<number>): void {
    for (const index of indices) {
      const lane = this.#lane(index);
      if (lane.isBusy) this.#countFree(lane.waiting, lane.bytes);
      lane.isBusy = false;
    }
  }

  /** Takes out the oldest event that waits, in a busy lane or not. */
  removeOldest(): Entry | undefined {
    const [lane] = byAge(this.#lanes);
    const entry = lane?.head;
    if (lane === undefined || entry === undefined) return undefined;
    lane.shift();
    if (!lane.isBusy) this.#countFree(-1, -entry.bytes);
    return entry;
  }

  /** Everything that waits, in no order. */
  all(): Entry[] {
    return this.#lanes.flatMap((lane) => lane.all());
  }

  #lane(index: number): Lane {
    const lane = this.#lanes[index % laneCount];
    if (lane === undefined) throw new Error("a lane for every index");
    return lane;
  }

  #countFree(events: number, bytes: number): void {
    this.#free.events += events;
    this.#free.bytes += bytes;
  }
}

/** Entries that were taken are cut off a lane's list when they are so many, and the larger half. */
const goneMax = 256;

class Lane {
  isBusy = false;
  bytes = 0;
  /** Oldest first, from `#gone` on. */
  #entries: Entry[] = [];
  #gone = 0;

  get head(): Entry | undefined {
    return this.#entries[this.#gone];
  }

  get oldest(): number {
    return this.head?.sequence ?? Infinity;
  }

  get waiting(): number {
    return this.#entries.length - this.#gone;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    this.bytes += entry.bytes;
  }

  shift(): void {
    this.bytes -= this.head?.bytes ?? 0;
    this.#gone++;
    if (this.#gone === this.#entries.length) {
      this.#entries = [];
      this.#gone = 0;
    } else if (this.#gone > goneMax && this.#gone * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#gone);
      this.#gone = 0;
    }
  }

  all(): Entry[] {
    return this.#entries.slice(this.#gone);
  }
}

/** Lanes in which something waits, oldest head first. */
function byAge(lanes: readonly Lane[]): Lane[] {
  return lanes.filter((lane) => lane.waiting > 0).sort((one, other) => one.oldest - other.oldest);
}

/** The lane of a user: FNV-1a over the characters of the id (http://www.isthe.com/chongo/tech/comp/fnv/). Never throws. */
export function laneOf(call: { readonly userId?: unknown; readonly anonymousId?: unknown }): number {
  let id = "";
  try {
    id = String(call.userId ?? call.anonymousId ?? "");
  } catch {
    // the server will refuse what is no text; any lane does for it
  }
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 16)) & (laneCount - 1);
}

/** An event on its way into a lane. */
export function entryOf(event: BuiltEvent, lane: number, sequence: number, segment: number): Entry {
  const { messageId, json, bytes, stampMs } = event;
  return { messageId, json, bytes, stampMs, lane, sequence, segment, result: null };
}
