import { compareText, formatDecimal } from "@sluice/lake";
import type { Json } from "@sluice/schema";
import { BucketLabels } from "./bucket-labels.ts";
import { microsOfValue, type RowView, textOf } from "./field-value.ts";
import { KeptMemory } from "./kept-memory.ts";
import { type Fold, foldOf } from "./measure.ts";
import type { AdhocQuestion } from "./question.ts";

/** Groups that one question may have. */
const groupsMax = 10_000;

/** One row of an answer. */
export interface AdhocRow {
  /** Start of the bucket, in the time zone; absent when no interval was asked for. */
  readonly bucket?: string;
  /** One text for each field of `groupBy`; `null` for rows without a value. */
  readonly group: readonly (string | null)[];
  /** One value for each measure, in their order. */
  readonly values: readonly Json[];
}

/** Rows of an answer, and how many groups there were before `limit`. */
export interface AdhocResult {
  readonly rows: readonly AdhocRow[];
  readonly groups: number;
}

/** Aggregates rows as a question asks; the order in which rows come does not matter. */
export class Aggregation {
  readonly #question: AdhocQuestion;
  readonly #labels: BucketLabels | null;
  readonly #memory = new KeptMemory();
  readonly #groups = new Map<string, { readonly bucket: string; readonly group: (string | null)[]; folds: Fold[] }>();

  constructor(question: AdhocQuestion) {
    this.#question = question;
    this.#labels = question.interval === null ? null : new BucketLabels(question.local, question.interval);
  }

  /** Adds a row that lies in the range and meets all filters. */
  add(view: RowView): void {
    const { groupBy, measures } = this.#question;
    const bucket = this.#labels === null ? "" : this.#labels.of(view.row.time ?? 0);
    const group = groupBy.map((ref) => textOf(ref, view.value(ref)));
    const key = group.length === 0 ? bucket : JSON.stringify([bucket, ...group]);
    let held = this.#groups.get(key);
    if (held === undefined) {
      this.#memory.keepText(key);
      held = { bucket, group, folds: measures.map((measure) => foldOf(measure, this.#memory)) };
      this.#groups.set(key, held);
    }
    for (const fold of held.folds) fold.add(view);
  }

  /** The bound of memory that is exceeded, or `null`. */
  exceeded(): string | null {
    return this.#groups.size > groupsMax ? `${groupsMax} groups` : this.#memory.exceeded();
  }

  /** The rows in order: by bucket, within it by the measure asked for, then by group; at most `limit` of them. */
  result(): AdhocResult {
    const { interval, limit } = this.#question;
    const rows = [...this.#groups.values()].map(({ bucket, group, folds }): AdhocRow => {
      const values = folds.map((fold) => fold.result());
      return interval === null ? { group, values } : { bucket, group, values };
    });
    return { rows: rows.sort((a, b) => this.#compare(a, b)).slice(0, limit), groups: rows.length };
  }

  #compare(a: AdhocRow, b: AdhocRow): number {
    const { orderBy, isDescending } = this.#question;
    const byGroup = (): number => compareGroups(a.group, b.group);
    const byBucket = compareText(a.bucket ?? "", b.bucket ?? "");
    if (byBucket !== 0) return byBucket;
    if (orderBy === null) return isDescending ? -byGroup() : byGroup();
    const order = compareValues(a.values[orderBy] ?? null, b.values[orderBy] ?? null);
    return (isDescending ? -order : order) || byGroup();
  }
}

function compareGroups(a: readonly (string | null)[], b: readonly (string | null)[]): number {
  for (const [index, text] of a.entries()) {
    const other = b[index] ?? null;
    if (text === other) continue;
    if (text === null || other === null) return text === null ? -1 : 1;
    return compareText(text, other);
  }
  return 0;
}

/** Absent values first, then numbers as numbers, then texts. */
function compareValues(a: Json, b: Json): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  const [microsA, microsB] = [orderMicros(a), orderMicros(b)];
  if (microsA !== null && microsB !== null) return microsA < microsB ? -1 : microsA > microsB ? 1 : 0;
  return compareText(String(a), String(b));
}

/** Sums may have more digits than a decimal of the lake. */
function orderMicros(value: Json): bigint | null {
  if (typeof value === "number") return BigInt(value) * 1_000_000n;
  if (typeof value !== "string" || !/^-?\d+\.\d{6}$/.test(value)) return microsOfValue(value);
  const micros = BigInt(value.replace(".", ""));
  return formatDecimal(micros) === value ? micros : null;
}
