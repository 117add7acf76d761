import type { Setting } from "./enrich/sent-event.ts";
import { none } from "./enrich/sent-event.ts";
import { type RowSoFar, type SettingStep, sharedColumns } from "./enrich/step.ts";
import { settingSteps } from "./enrich/steps.ts";
import type { ContextMember } from "./sent-events.ts";
import { type CellColumn, StepCells } from "./step-cells.ts";

/** A setting that has been added. */
export interface KnownSetting {
  readonly number: number;
  readonly row: RowSoFar;
  /** Characters of its JSON columns. */
  readonly documents: number;
}

/** Members of a context, where it was scanned: the same number is the same value. */
type Members = ReadonlyMap<string, ContextMember> | null;

/** What later steps and the table need of what a step made. */
interface Made {
  readonly entry: number;
  readonly columns: Partial<RowSoFar>;
  readonly jsonLength: number;
}

/** Numbers of members that three of them can be told by in one number: 2^17 each. */
const numberMax = 131_071;

/**
 * What settings are made of, step by step. Settings differ in part only: visitors are on the same pages, by the same SDK. What a step
 * makes of the same members of a context is made once, and stands in settings as a number.
 */
export class SettingCells {
  readonly #steps = settingSteps.map((step) => new CellsOfStep(step));
  #length = 0;

  /** Number of settings. */
  get length(): number {
    return this.#length;
  }

  /** What is known of a receipt holds for no other. */
  beginReceipt(): void {
    for (const cells of this.#steps) if (cells.step.reads.receipt) cells.forget();
  }

  add(setting: Setting, members: Members): KnownSetting {
    const row: { -readonly [Name in keyof RowSoFar]: RowSoFar[Name] } = {
      sdk_name: null,
      page_url: null,
      user_agent: null,
    };
    let documents = 0;
    for (const cells of this.#steps) {
      const { columns, jsonLength } = cells.add(setting, row, members);
      for (const name of sharedColumns) row[name] = columns[name] ?? row[name];
      documents += jsonLength;
    }
    return { number: this.#length++, row, documents };
  }

  /** A column of what steps made, and for each setting which entry it has; `undefined` where no step of settings fills it. */
  of(name: string): { readonly column: CellColumn; readonly entryOf: readonly number[] } | undefined {
    for (const { made, entryOf } of this.#steps) {
      const column = made.of(name);
      if (column !== undefined) return { column, entryOf };
    }
    return undefined;
  }
}

class CellsOfStep {
  readonly step: SettingStep;
  readonly made: StepCells;
  /** For each setting its entry. */
  readonly entryOf: number[] = [];
  readonly #known = new Map<number, Made>();

  constructor(step: SettingStep) {
    this.step = step;
    this.made = new StepCells([step], false);
  }

  forget(): void {
    this.#known.clear();
  }

  add(setting: Setting, row: RowSoFar, members: Members): Made {
    const key = this.#keyOf(setting, members);
    const known = key < 0 ? undefined : this.#known.get(key);
    const made = known ?? this.#make(setting, row);
    if (known === undefined && key >= 0) this.#known.set(key, made);
    this.entryOf.push(made.entry);
    return made;
  }

  #make(setting: Setting, row: RowSoFar): Made {
    const columns = this.step.columns(setting, row);
    const jsonLength = this.made.add(() => columns);
    return { entry: this.made.length - 1, columns, jsonLength };
  }

  /** A number for what the step reads; −1 where nothing tells it from others. */
  #keyOf({ ownPage }: Setting, members: Members): number {
    const { reads } = this.step;
    if (members === null || reads.context === "all" || (reads.ownPage && ownPage !== none)) return -1;
    let key = 0;
    for (const name of reads.context) {
      const number = members.get(name)?.number ?? 0;
      if (number > numberMax) return -1;
      key = key * (numberMax + 1) + number;
    }
    return key;
  }
}
