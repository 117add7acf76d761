import { compareText, formatDecimal } from "@sluice/lake";
import { fail, field, isObject, type Json, ok, type Result } from "@sluice/schema";
import { divideMicros } from "../money.ts";
import { invalid, type Problem } from "../problem.ts";
import { type FieldRef, fieldRef } from "./field-ref.ts";
import { isTime, microsOfValue, type RowView, textOf } from "./field-value.ts";
import type { KeptMemory } from "./kept-memory.ts";

/** What can be computed of the rows of a group. */
export const functions = ["count", "unique", "sum", "avg", "min", "max", "percentile"] as const;

/** One number of each group. */
export interface Measure {
  readonly name: string;
  readonly fn: (typeof functions)[number];
  /** Of `count`: only rows that have a value; `null` counts every row. */
  readonly ref: FieldRef | null;
  /** Of `percentile`: from 0 to 1. */
  readonly p: number;
}

/** Collects one measure over the rows of one group. */
export interface Fold {
  add(view: RowView): void;
  /** A number for counts; decimal text with six digits, or text, for the rest; `null` when no row has a value. */
  result(): Json;
}

const measuresMax = 10;

/** Reads `measures`: a list of `{"fn", "field", "name", "p"}`. */
export function measuresOf(value: Json | undefined): Result<readonly Measure[], Problem> {
  const list = value ?? [{ fn: "count" }];
  if (!Array.isArray(list) || list.length === 0 || list.length > measuresMax) {
    return fail(invalid("measures", `measures must be a list of 1 to ${measuresMax} measures.`));
  }
  const measures: Measure[] = [];
  for (const [index, entry] of list.entries()) {
    const place = `measures[${index}]`;
    const measure = measureOf(entry as Json, place);
    if (!measure.ok) return measure;
    if (measures.some(({ name }) => name === measure.value.name)) {
      return fail(invalid(`${place}.name`, `${place}.name is taken by an earlier measure; give each its own.`));
    }
    measures.push(measure.value);
  }
  return ok(measures);
}

/**
 * Reads one measure.
 *
 * @param place where it stands, for refusals; "" for the body itself.
 */
export function measureOf(entry: Json, place: string): Result<Measure, Problem> {
  if (!isObject(entry)) return fail(invalid(place, `${place} must be {"fn", "field", "name", "p"}.`));
  const at = (name: string): string => (place === "" ? name : `${place}.${name}`);
  const unknown = Object.keys(entry).find((key) => !["fn", "field", "name", "p"].includes(key));
  if (unknown !== undefined) return fail(invalid(place, `${place} may hold fn, field, name and p only.`));
  const fn = functions.find((name) => name === field(entry, "fn"));
  if (fn === undefined) return fail(invalid(at("fn"), `${at("fn")} must be one of ${functions.join(", ")}.`));
  const fieldValue = field(entry, "field");
  const ref = fieldValue === undefined && fn === "count" ? ok(null) : fieldRef(fieldValue, at("field"));
  if (!ref.ok) return ref;
  const p = field(entry, "p") ?? null;
  if ((p === null) === (fn === "percentile") || (p !== null && !(typeof p === "number" && p >= 0 && p <= 1))) {
    return fail(invalid(at("p"), `${at("p")} must be a number from 0 to 1, for percentile only.`));
  }
  const name = field(entry, "name") ?? (ref.value === null ? fn : `${fn}_${ref.value.label}`);
  if (typeof name !== "string" || name === "" || name.length > 200) {
    return fail(invalid(at("name"), `${at("name")} must be a text of 1 to 200 characters.`));
  }
  return ok({ name, fn, ref: ref.value, p: p ?? 0 });
}

/** A fold for a measure. What it keeps is taken from `memory`, which all folds of a question share. */
export function foldOf(measure: Measure, memory: KeptMemory): Fold {
  const { ref } = measure;
  if (ref === null) return countFold(() => true);
  switch (measure.fn) {
    case "count":
      return countFold((view) => view.value(ref) !== null);
    case "unique":
      return uniqueFold(ref, memory);
    case "sum":
      return sumFold(ref, (sum) => formatDecimal(sum));
    case "avg":
      return sumFold(ref, (sum, count) => formatDecimal(divideMicros(sum, count)));
    case "min":
    case "max":
      return extremeFold(ref, measure.fn === "min" ? -1 : 1);
    case "percentile":
      return percentileFold(ref, measure.p, memory);
  }
}

function countFold(counts: (view: RowView) => boolean): Fold {
  let count = 0;
  return {
    add(view) {
      if (counts(view)) count += 1;
    },
    result: () => count,
  };
}

function uniqueFold(ref: FieldRef, memory: KeptMemory): Fold {
  const seen = new Set<string>();
  return {
    add(view) {
      const text = textOf(ref, view.value(ref));
      if (text === null || seen.has(text)) return;
      memory.keepText(text);
      seen.add(text);
    },
    result: () => seen.size,
  };
}

function sumFold(ref: FieldRef, resultOf: (sum: bigint, count: number) => string): Fold {
  let sum = 0n;
  let count = 0;
  return {
    add(view) {
      const micros = microsOfValue(view.value(ref));
      if (micros === null) return;
      sum += micros;
      count += 1;
    },
    result: () => (count === 0 ? null : resultOf(sum, count)),
  };
}

/** Of text columns by code point, of times by time; of everything else of its numbers. */
function extremeFold(ref: FieldRef, sign: 1 | -1): Fold {
  if (isTime(ref) || ref.kind === "actor" || (ref.kind === "column" && ref.type === "string")) {
    let held: string | null = null;
    return {
      add(view) {
        const text = textOf(ref, view.value(ref));
        if (text !== null && (held === null || compareText(text, held) * sign > 0)) held = text;
      },
      result: () => held,
    };
  }
  let held: bigint | null = null;
  return {
    add(view) {
      const micros = microsOfValue(view.value(ref));
      if (micros !== null && (held === null || (sign > 0 ? micros > held : micros < held))) held = micros;
    },
    result: () => (held === null ? null : formatDecimal(held)),
  };
}

/**
 * The value at rank ⌈p·n⌉ (the least for p = 0), which some row has: SQL's PERCENTILE_DISC, DuckDB's quantile_disc. The rank is computed
 * as n − ⌊n − p·n⌋, as DuckDB does, so that doubles round alike.
 */
function percentileFold(ref: FieldRef, p: number, memory: KeptMemory): Fold {
  let values = new BigInt64Array(16);
  let count = 0;
  return {
    add(view) {
      const micros = microsOfValue(view.value(ref));
      if (micros === null) return;
      memory.keepNumber();
      if (count === values.length) {
        const larger = new BigInt64Array(values.length * 2);
        larger.set(values);
        values = larger;
      }
      values[count++] = micros;
    },
    result() {
      if (count === 0) return null;
      const sorted = values.subarray(0, count).sort();
      const rank = Math.max(1, count - Math.floor(count - p * count));
      return formatDecimal(sorted[rank - 1] ?? 0n);
    },
  };
}
