import { compareText, type Row } from "@sluice/lake";
import { isObject, type Json } from "@sluice/schema";
import { KeptMemory } from "./adhoc/kept-memory.ts";

/** Rows of each event whose properties are looked at, so that the work is bounded; the answer says how many there were. */
const examinedMax = 200;
const propertiesMax = 200;
const samplesMax = 3;
const sampleLengthMax = 100;
/** Events whose properties are looked at. Beyond, only their volume is counted. */
const detailedEventsMax = 2_000;

/** Kinds of JSON values. */
type ValueKind = "text" | "number" | "boolean" | "object" | "list" | "null";

/** One event of the catalogue: a name for track, else the type as a whole. */
export interface CatalogueEvent {
  readonly type: string;
  /** Name of a track event; `null` for the other types. */
  readonly event: string | null;
  /** Stored events of the range, flagged bots included. */
  readonly count: number;
  readonly bots: number;
  /** ISO 8601. */
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** Rows whose properties were looked at, at most 200: those that come first in the order of the files. */
  readonly examined: number;
  readonly properties: readonly CatalogueProperty[];
}

/** A top-level property of an event. */
interface CatalogueProperty {
  readonly name: string;
  readonly kinds: readonly ValueKind[];
  /** Examined rows that have it. */
  readonly seen: number;
  /** Up to three distinct values, cut at 100 characters; only for tokens with the scope users. */
  readonly samples?: readonly string[];
}

interface Entry {
  readonly type: string;
  readonly event: string | null;
  readonly isDetailed: boolean;
  count: number;
  bots: number;
  firstMs: number;
  lastMs: number;
  examined: number;
  readonly properties: Map<string, { readonly kinds: Set<ValueKind>; seen: number; readonly samples: Set<string> }>;
}

/** The columns by which events are counted. */
export type NamedRow = Pick<Row, "type" | "event" | "time" | "is_bot">;

/** Collects the catalogue over rows. */
export class Catalogue {
  readonly #hasSamples: boolean;
  readonly #memory = new KeptMemory();
  readonly #entries = new Map<string, Entry>();

  constructor(hasSamples: boolean) {
    this.#hasSamples = hasSamples;
  }

  /** Counts a row; says whether its properties are to be looked at. */
  add(row: NamedRow): boolean {
    const event = row.type === "track" ? row.event : null;
    const key = `${row.type} ${event ?? ""}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#memory.keepText(key);
      const isDetailed = this.#entries.size < detailedEventsMax;
      const times = { firstMs: row.time, lastMs: row.time };
      entry = { type: row.type, event, isDetailed, count: 0, bots: 0, ...times, examined: 0, properties: new Map() };
      this.#entries.set(key, entry);
    }
    entry.count += 1;
    if (row.is_bot) entry.bots += 1;
    entry.firstMs = Math.min(entry.firstMs, row.time);
    entry.lastMs = Math.max(entry.lastMs, row.time);
    if (!entry.isDetailed || entry.examined === examinedMax) return false;
    entry.examined += 1;
    return true;
  }

  /** Looks at the properties of a row for which {@link add} said so. */
  examine(row: NamedRow, properties: string | null): void {
    const entry = this.#entries.get(`${row.type} ${row.type === "track" ? (row.event ?? "") : ""}`);
    const values = properties === null ? null : (JSON.parse(properties) as Json);
    if (entry === undefined || !isObject(values ?? undefined)) return;
    for (const [name, value] of Object.entries(values as Record<string, Json>)) {
      let held = entry.properties.get(name);
      if (held === undefined) {
        if (entry.properties.size === propertiesMax) continue;
        this.#memory.keepText(name);
        held = { kinds: new Set(), seen: 0, samples: new Set() };
        entry.properties.set(name, held);
      }
      held.seen += 1;
      held.kinds.add(kindOf(value));
      if (!this.#hasSamples || held.samples.size === samplesMax || value === null) continue;
      const sample = (typeof value === "string" ? value : JSON.stringify(value)).slice(0, sampleLengthMax);
      this.#memory.keepText(sample);
      held.samples.add(sample);
    }
  }

  /** The bound of memory that is exceeded, or `null`. */
  exceeded(): string | null {
    return this.#memory.exceeded();
  }

  /** Every event, ordered by type and name. */
  events(): CatalogueEvent[] {
    const ordered = [...this.#entries.values()].sort((a, b) => compareEvents(positionOf(a), positionOf(b)));
    return ordered.map(({ type, event, count, bots, firstMs, lastMs, examined, properties }) => {
      const [firstSeen, lastSeen] = [new Date(firstMs).toISOString(), new Date(lastMs).toISOString()];
      const named = [...properties].sort(([a], [b]) => compareText(a, b));
      return { type, event, count, bots, firstSeen, lastSeen, examined, properties: named.map(this.#property) };
    });
  }

  readonly #property = ([name, held]: readonly [
    string,
    { readonly kinds: Set<ValueKind>; readonly seen: number; readonly samples: Set<string> },
  ]): CatalogueProperty => {
    const shown = { name, kinds: [...held.kinds].sort(), seen: held.seen };
    return this.#hasSamples ? { ...shown, samples: [...held.samples] } : shown;
  };
}

/** Where an event stands in the order of the catalogue. */
export function positionOf({ type, event }: Pick<CatalogueEvent, "type" | "event">): readonly [string, string] {
  return [type, event ?? ""];
}

/** The order of the catalogue: by type, then by name. */
export function compareEvents(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  return compareText(String(a[0]), String(b[0])) || compareText(String(a[1]), String(b[1]));
}

function kindOf(value: Json): ValueKind {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  if (typeof value === "string") return "text";
  if (typeof value === "number") return "number";
  return typeof value === "boolean" ? "boolean" : "object";
}
