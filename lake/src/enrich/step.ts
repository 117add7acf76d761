import type { Row } from "../columns.ts";
import type { SentEvent, Setting } from "./sent-event.ts";

/** Columns that steps read of those before them; null until they are filled. */
export const sharedColumns = ["sdk_name", "page_url", "user_agent"] as const;

/** Those columns of a row while it is made. */
export type RowSoFar = { readonly [Name in (typeof sharedColumns)[number]]: Row[Name] | null };

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

/** What of a setting a step looks at. Settings that are alike in it share what the step makes of it. */
export interface SettingReads {
  readonly receipt: boolean;
  /** Names of members of the context, at most three, or the whole of it. */
  readonly context:
    | "all"
    | readonly []
    | readonly [string]
    | readonly [string, string]
    | readonly [string, string, string];
  readonly ownPage: boolean;
}

/** A step that looks at an event's setting only: what it says is true of all events that share it. */
export interface SettingStep<Name extends keyof Row = never> extends Omit<Step<Name>, "columns"> {
  readonly reads: SettingReads;
  readonly columns: (setting: Setting, row: RowSoFar) => Pick<Row, Name>;
}
