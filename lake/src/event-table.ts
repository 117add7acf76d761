import type { JsonObject, Receipt } from "@sluice/schema";
import type { CellValue } from "./column.ts";
import { eventColumns, type Row } from "./columns.ts";
import { none, type SentEvent, sentEventOf } from "./enrich/sent-event.ts";
import { eventSteps } from "./enrich/steps.ts";
import { orderOfEvents } from "./order.ts";
import type { ContextMember, ScannedEvent } from "./sent-events.ts";
import { type KnownSetting, SettingCells } from "./setting-cells.ts";
import { type CellColumn, StepCells } from "./step-cells.ts";
import type { GivenColumn } from "./write-table.ts";

/** Columns of a part by name, as they are read back. */
export type EventCells = ReadonlyMap<keyof Row, readonly CellValue[]>;

const noCells: CellColumn = { cells: [], cellOf: null };
const noMembers: ReadonlyMap<string, ContextMember> = new Map();

/**
 * Rows of `events` on their way into a part, as columns: those that `rowOf` makes, at a fraction of its cost. What follows
 * from an event's setting (its receipt and context, which most events of a request share) is found out once, kept once, and
 * stands in the rows as a number.
 */
export class EventTable {
  readonly #settings = new SettingCells();
  /** For each event the number of its setting. */
  readonly #settingOf: number[] = [];
  /** What is each event's own. */
  readonly #events = new StepCells(eventSteps, true);
  /** Settings of the latest receipt, by context. */
  readonly #known = new Map<JsonObject, KnownSetting>();
  #receipt: Receipt | null = null;
  readonly #stored: EventCells[] = [];
  #storedRows = 0;

  /** Number of rows. */
  get length(): number {
    return this.#settingOf.length + this.#storedRows;
  }

  /** Number of events added, without rows that were stored. */
  get events(): number {
    return this.#settingOf.length;
  }

  /**
   * Adds the row of an accepted event. Events with one receipt and one context, as objects, share a setting.
   *
   * @returns characters of the row's JSON columns.
   */
  add(raw: JsonObject, receipt: Receipt, index: number): number {
    return this.#add(sentEventOf(raw, receipt, index), null);
  }

  /** Likewise of an event that was scanned. */
  addScanned({ raw, context }: ScannedEvent, receipt: Receipt, index: number): number {
    return this.#add(sentEventOf(raw, receipt, index, context), context?.members ?? noMembers);
  }

  #add(event: SentEvent, members: ReadonlyMap<string, ContextMember> | null): number {
    const { number, row, documents } = this.#settingFor(event, members);
    this.#settingOf.push(number);
    return documents + this.#events.add((step) => step.columns(event, row));
  }

  /** Forgets the events behind the first `events`. */
  truncate(events: number): void {
    this.#settingOf.length = events;
    this.#events.truncate(events);
  }

  /** Adds all rows of a part. */
  addStored(cells: EventCells, rows: number): void {
    this.#stored.push(cells);
    this.#storedRows += rows;
  }

  /** Adds the stored rows of another table. */
  addStoredOf(other: EventTable): void {
    this.#stored.push(...other.#stored);
    this.#storedRows += other.#storedRows;
  }

  /** The columns of all rows, sorted. */
  sorted(): readonly GivenColumn[] {
    const places = new Map<object, Uint32Array>();
    const columns = eventColumns.map((column): GivenColumn => {
      const ofStored = this.#stored.flatMap((cells) => cells.get(column.name) ?? []);
      const ofSettings = this.#settings.of(column.name);
      const { cells, cellOf } = ofSettings?.column ?? this.#events.of(column.name) ?? noCells;
      const of = ofSettings?.entryOf ?? cellOf ?? noCells;
      const at = places.get(of) ?? this.#placesOf(ofSettings?.entryOf ?? null, cellOf, cells.length);
      places.set(of, at);
      return { column, cells: ofStored.length === 0 ? cells : [...cells, ...ofStored], at };
    });
    const order = orderOfEvents(columns);
    const sorted = new Map([...places.values()].map((at) => [at, inOrder(at, order)]));
    return columns.map(({ column, cells, at }) => ({ column, cells, at: sorted.get(at) ?? at }));
  }

  /** For each row the place of its cell: of an event its own or that of its setting, behind them all one for each stored row. */
  #placesOf(entryOf: readonly number[] | null, cellOf: readonly number[] | null, cells: number): Uint32Array {
    const events = this.#settingOf.length;
    const at = new Uint32Array(this.length);
    for (let row = 0; row < events; row++) {
      const entry = entryOf === null ? row : (entryOf[this.#settingOf[row] ?? 0] ?? 0);
      at[row] = cellOf === null ? entry : (cellOf[entry] ?? 0);
    }
    for (let row = events; row < at.length; row++) at[row] = cells + row - events;
    return at;
  }

  #settingFor(event: SentEvent, members: ReadonlyMap<string, ContextMember> | null): KnownSetting {
    if (event.receipt !== this.#receipt) {
      this.#receipt = event.receipt;
      this.#known.clear();
      this.#settings.beginReceipt();
    }
    const known = event.ownPage === none ? this.#known.get(event.context) : undefined;
    if (known !== undefined) return known;
    const setting = this.#settings.add(event, members);
    if (event.ownPage === none) this.#known.set(event.context, setting);
    return setting;
  }
}

function inOrder(at: Uint32Array, order: Uint32Array): Uint32Array {
  const sorted = new Uint32Array(at.length);
  for (let row = 0; row < at.length; row++) sorted[row] = at[order[row] ?? 0] ?? 0;
  return sorted;
}
