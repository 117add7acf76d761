import type { Row } from "../columns.ts";
import type { SentEvent, Setting } from "./sent-event.ts";

/** A row while it is made: the columns of the steps so far, all others null. */
export type RowSoFar = { readonly [Name in keyof Row]: Row[Name] | null };

/** One step of enrichment: a pure function from an event to the columns of its row that `Name` names. */
export interface Step<Name extends keyof Row = never> {
  /** Its name in FORMAT.md. */
  readonly name: string;
  /** What it decides: a sentence without full stop, for FORMAT.md. */
  readonly about: string;
  /**
   * The columns that this step fills, the same ones for every event, and nobody else does.
   *
   * @param row what the steps before it have filled; a step that reads it stands behind those.
   */
  readonly columns: (event: SentEvent, row: RowSoFar) => Pick<Row, Name>;
}

/** A step that looks at an event's setting only: what it says is true of all events that share it. */
export interface SettingStep<Name extends keyof Row = never> extends Omit<Step<Name>, "columns"> {
  readonly columns: (setting: Setting, row: RowSoFar) => Pick<Row, Name>;
}
