import type { CellValue } from "./column.ts";
import { eventColumns, type Row } from "./columns.ts";
import type { Step } from "./enrich/step.ts";

/** What steps have filled, column by column. Each step fills the same columns each time. */
export class StepCells {
  readonly #columns: readonly { readonly step: Step; readonly filled: FilledColumn[] }[];
  #length = 0;

  constructor(steps: readonly Step[]) {
    this.#columns = steps.map((step) => ({ step, filled: [] }));
  }

  /** Cells of each column. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds one cell to each column.
   *
   * @param fill what a step makes of the event in question.
   * @returns characters of those that hold JSON.
   */
  add(fill: (step: Step) => Partial<Row>): number {
    let jsonLength = 0;
    for (const { step, filled } of this.#columns) {
      const columns = fill(step);
      if (this.#length === 0 && filled.length === 0) filled.push(...Object.keys(columns).map(emptyColumn));
      for (const { name, isJson, cells } of filled) {
        const value = columns[name] ?? null;
        cells.push(value);
        if (isJson && value !== null) jsonLength += (value as string).length;
      }
    }
    this.#length += 1;
    return jsonLength;
  }

  /** Forgets the cells behind the first `length` of each column. */
  truncate(length: number): void {
    this.#length = length;
    for (const { filled } of this.#columns) for (const { cells } of filled) cells.length = length;
  }

  /** The cells of a column; `undefined` where none of the steps fills it, or nothing was added yet. */
  of(name: string): readonly CellValue[] | undefined {
    for (const { filled } of this.#columns) for (const column of filled) if (column.name === name) return column.cells;
    return undefined;
  }
}

interface FilledColumn {
  readonly name: keyof Row;
  readonly isJson: boolean;
  readonly cells: CellValue[];
}

function emptyColumn(name: string): FilledColumn {
  const column = eventColumns.find((entry) => entry.name === name);
  if (column === undefined) throw new Error(`a step fills ${name}, which is no column`);
  return { name: column.name, isJson: column.type === "json", cells: [] };
}
