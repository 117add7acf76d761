import type { CellValue, ColumnType } from "./column.ts";
import { eventColumns, type Row } from "./columns.ts";
import type { Step } from "./enrich/step.ts";

/** What steps have filled, column by column. Each step fills the same columns each time. */
export class StepCells {
  readonly #columns: readonly { readonly step: Step; readonly filled: FilledColumn[] }[];
  #length = 0;

  readonly #sharing: boolean;

  /** @param sharing whether equal values share a cell; else each entry has its own, in all columns the same. */
  constructor(steps: readonly Step[], sharing: boolean) {
    this.#sharing = sharing;
    this.#columns = steps.map((step) => ({ step, filled: [] }));
  }

  /** Entries of each column. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds one entry to each column.
   *
   * @param fill what a step makes of the event in question.
   * @returns characters of those that hold JSON.
   */
  add(fill: (step: Step) => Partial<Row>): number {
    let jsonLength = 0;
    for (const { step, filled } of this.#columns) {
      const columns = fill(step);
      if (this.#length === 0 && filled.length === 0)
        filled.push(...Object.keys(columns).map((name) => new FilledColumn(name, this.#sharing)));
      for (const column of filled) {
        const value = columns[column.name] ?? null;
        column.add(value);
        if (column.isJson && value !== null) jsonLength += (value as string).length;
      }
    }
    this.#length += 1;
    return jsonLength;
  }

  /** Forgets the entries behind the first `length` of each column. */
  truncate(length: number): void {
    this.#length = length;
    for (const { filled } of this.#columns) for (const column of filled) column.truncate(length);
  }

  /** A column; `undefined` where none of the steps fills it, or nothing was added yet. */
  of(name: string): CellColumn | undefined {
    for (const { filled } of this.#columns) for (const column of filled) if (column.name === name) return column;
    return undefined;
  }
}

/** A column on its way into a part: entry `i` is `cells[cellOf[i]]`, or `cells[i]` where `cellOf` is `null`. */
export interface CellColumn {
  readonly cells: readonly CellValue[];
  readonly cellOf: readonly number[] | null;
}

/** Types whose values are texts in rows. Numbers are no objects of their own while lists hold nothing else. */
const heldAsText: ReadonlySet<ColumnType> = new Set<ColumnType>(["string", "json", "decimal"]);
/** Cells looked at before it is decided whether a column's values are told apart. */
const sampleCells = 1000;
/** Share of different ones from which on they are not. */
const differentMax = 0.9;

/**
 * One column. Equal values share a cell as they come, while they are in the processor's caches: garbage collection is dear where
 * much survives, and of most columns little then does.
 */
class FilledColumn implements CellColumn {
  readonly name: keyof Row;
  readonly isJson: boolean;
  readonly cells: CellValue[] = [];
  readonly cellOf: number[] | null;
  #last: CellValue = null;
  #lastCell = -1;
  #known: Map<CellValue, number> | null = new Map();

  constructor(name: string, sharing: boolean) {
    const column = eventColumns.find((entry) => entry.name === name);
    if (column === undefined) throw new Error(`a step fills ${name}, which is no column`);
    this.name = column.name;
    this.isJson = column.type === "json";
    this.cellOf = sharing && heldAsText.has(column.type) ? [] : null;
  }

  add(value: CellValue): void {
    if (this.cellOf === null) {
      this.cells.push(value);
      return;
    }
    if (value !== this.#last || this.#lastCell < 0) {
      this.#lastCell = this.#cellFor(value, this.cellOf.length);
      this.#last = value;
    }
    this.cellOf.push(this.#lastCell);
  }

  truncate(length: number): void {
    (this.cellOf ?? this.cells).length = length;
  }

  #cellFor(value: CellValue, entries: number): number {
    const known = this.#known?.get(value);
    if (known !== undefined) return known;
    const cell = this.cells.push(value) - 1;
    this.#known?.set(value, cell);
    if (this.cells.length === sampleCells && cell > differentMax * entries) this.#known = null;
    return cell;
  }
}
