import { parseDecimal, type Row, scaledOf } from "@sluice/lake";
import { field, isObject, type Json } from "@sluice/schema";
import type { FieldRef } from "./field-ref.ts";

/** The columns of a row that were read. */
export type ReadRow = Partial<Row>;

/** A row whose JSON columns are parsed at most once, and only when a field needs them. */
export class RowView {
  #row: ReadRow = {};
  readonly #documents = new Map<string, Json>();

  /** Looks at another row. One view serves a whole scan, so that rows cost no allocation. */
  turnTo(row: ReadRow): void {
    this.#row = row;
    this.#documents.clear();
  }

  get row(): ReadRow {
    return this.#row;
  }

  /** The value of a field; `null` where the row has none. A decimal is a text, a time a number of ms. */
  value(ref: FieldRef): Json {
    if (ref.kind === "actor") return this.#row.user_id ?? this.#row.anonymous_id ?? null;
    if (ref.kind === "computed") return ref.valueOf(this.#row);
    if (ref.kind === "column") return this.#row[ref.column] ?? null;
    let value: Json | undefined = this.#document(ref.column);
    for (const key of ref.path) {
      if (!isObject(value)) return null;
      value = field(value, key);
    }
    return value ?? null;
  }

  #document(column: "properties" | "traits" | "context" | "extra" | "consent"): Json {
    const held = this.#documents.get(column);
    if (held !== undefined) return held;
    const text = this.#row[column];
    const parsed = typeof text === "string" ? (JSON.parse(text) as Json) : null;
    this.#documents.set(column, parsed);
    return parsed;
  }
}

/** A value as text, as SQL's `->>` gives it: texts as they are, everything else as JSON; times in ISO 8601. */
export function textOf(ref: FieldRef, value: Json): string | null {
  if (value === null || typeof value === "string") return value;
  if (isTime(ref) && typeof value === "number") return new Date(value).toISOString();
  return JSON.stringify(value);
}

/**
 * A value as millionths: a number, or a text that is one. Read from the shortest text of the double, as revenue is, and rounded half to
 * even at the sixth digit; `null` when it is no number or 10¹² or more.
 */
export function microsOfValue(value: Json): bigint | null {
  if (typeof value !== "number" && typeof value !== "string") return null;
  const decimal = parseDecimal(String(value));
  return decimal === null ? null : scaledOf(decimal);
}

/** Whether a field's values are times. */
export function isTime(ref: FieldRef): boolean {
  return ref.kind === "column" && ref.type === "timestamp";
}
