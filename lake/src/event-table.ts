import type { JsonObject, Receipt } from "@sluice/schema";
import { blankRow } from "./blank-row.ts";
import type { CellValue } from "./column.ts";
import { eventColumns, type Row } from "./columns.ts";
import { none, type SentEvent, sentEventOf } from "./enrich/sent-event.ts";
import type { RowSoFar } from "./enrich/step.ts";
import { eventSteps, settingSteps } from "./enrich/steps.ts";
import { StepCells } from "./step-cells.ts";
import { orderOfEvents } from "./order.ts";
import type { GivenColumn } from "./write-table.ts";

/** Columns of a part by name, as they are read back. */
export type EventCells = ReadonlyMap<keyof Row, readonly CellValue[]>;

const blank = blankRow(eventColumns) as RowSoFar;

/**
 * Rows of `events` on their way into a part, as columns: those that `rowOf` makes, at a fraction of its cost. What follows
 * from an event's setting (its receipt and context, which most events of a request share) is found out once, kept once, and
 * stands in the rows as a number.
 */
export class EventTable {
  readonly #settings = new StepCells(settingSteps);
  /** For each event the number of its setting. */
  readonly #settingOf: number[] = [];
  /** What is each event's own. */
  readonly #events = new StepCells(eventSteps);
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
    const event = sentEventOf(raw, receipt, index);
    const { number, row, documents } = this.#settingFor(event);
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
    const events = this.#settingOf.length;
    const own = Uint32Array.from({ length: this.length }, (_, row) => row);
    // Behind the settings of the events, each stored row has its own.
    const shared = own.map((row) => this.#settingOf[row] ?? row - events + this.#settings.length);
    const columns = eventColumns.map((column): GivenColumn => {
      const ofSettings = this.#settings.of(column.name);
      const ofStored = this.#stored.flatMap((cells) => cells.get(column.name) ?? []);
      const cells = [...(ofSettings ?? this.#events.of(column.name) ?? []), ...ofStored];
      return { column, cells, at: ofSettings === undefined ? own : shared };
    });
    const order = orderOfEvents(columns);
    const places = new Map<Uint32Array, Uint32Array>([own, shared].map((at) => [at, order.map((row) => at[row] ?? 0)]));
    return columns.map(({ column, cells, at }) => ({ column, cells, at: places.get(at) ?? at }));
  }

  #settingFor(event: SentEvent): KnownSetting {
    if (event.receipt !== this.#receipt) {
      this.#receipt = event.receipt;
      this.#known.clear();
    }
    const known = event.ownPage === none ? this.#known.get(event.context) : undefined;
    if (known !== undefined) return known;
    const row: RowSoFar = { ...blank };
    const documents = this.#settings.add((step) => {
      const columns = step.columns(event, row);
      Object.assign(row, columns);
      return columns;
    });
    const setting = { number: this.#settings.length - 1, row, documents };
    if (event.ownPage === none) this.#known.set(event.context, setting);
    return setting;
  }
}

interface KnownSetting {
  readonly number: number;
  readonly row: RowSoFar;
  /** Characters of its JSON columns. */
  readonly documents: number;
}
