import { parseDecimal, scaledOf } from "@sluice/lake";
import { fail, field, isObject, type Json, type JsonObject, ok, type Result } from "@sluice/schema";
import { dayMs, dayText, parseDay } from "./day.ts";
import { invalid, type Problem } from "./problem.ts";

/** Bytes of an upload, and rows: a statement of D1 takes them at once. */
export const costBodyBytesMax = 512 * 1024;
const uploadRowsMax = 2_000;
/** Rows that one day may hold; a question adds up all of its days. */
export const costRowsPerDayMax = 1_000;
/** One row costs less than this many units of its currency, so that the sum of a day fits 64 bits. */
const costMax = 1_000_000_000n;
/** Days ahead of now that a row may lie, as somewhere it is tomorrow already. */
const daysAheadMax = 2;
const firstDayMs = Date.UTC(2015, 0, 1);
const textLengthMax = 200;

/** What one campaign cost on one local day in one currency. */
export interface CostRow {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly campaign: string;
  /** "" for none. */
  readonly source: string;
  readonly medium: string;
  readonly currency: string;
  /** Millionths of the currency's unit: below 2⁵³. */
  readonly micros: number;
}

const names = ["day", "campaign", "source", "medium", "currency", "cost"];

/**
 * Reads the body of `POST /v1/costs`: `{"rows": [{"day": "2026-11-19", "campaign": "spring", "source": "google", "medium": "cpc",
 * "currency": "EUR", "cost": "12.50"}]}`. Either every row is good or the first one that is not is named.
 *
 * @param currency of rows that state none.
 */
export function costUpload(body: JsonObject, currency: string, nowMs: number): Result<readonly CostRow[], Problem> {
  const unknown = Object.keys(body).find((name) => name !== "rows");
  if (unknown !== undefined) return fail(invalid(unknown.slice(0, 40), "Unknown field. Known is rows."));
  const list = field(body, "rows");
  if (!Array.isArray(list) || list.length === 0 || list.length > uploadRowsMax) {
    return fail(invalid("rows", `rows must be a list of 1 to ${uploadRowsMax} costs.`));
  }
  const rows: CostRow[] = [];
  const places = new Map<string, number>();
  for (const [index, entry] of (list as readonly Json[]).entries()) {
    const row = costRow(entry, `rows[${index}]`, currency, nowMs);
    if (!row.ok) return row;
    const { micros: _, ...place } = row.value;
    const key = JSON.stringify(Object.values(place));
    const earlier = places.get(key);
    if (earlier !== undefined) {
      const detail = `rows[${index}] is the same day, campaign, source, medium and currency as rows[${earlier}].`;
      return fail(invalid(`rows[${index}]`, detail));
    }
    places.set(key, index);
    rows.push(row.value);
  }
  return ok(rows);
}

function costRow(entry: Json, place: string, currency: string, nowMs: number): Result<CostRow, Problem> {
  if (!isObject(entry)) return fail(invalid(place, `${place} must be an object of ${names.join(", ")}.`));
  const unknown = Object.keys(entry).find((name) => !names.includes(name));
  if (unknown !== undefined) return fail(invalid(place, `${place} may hold ${names.join(", ")} only.`));
  const day = field(entry, "day");
  const dayStartMs = typeof day === "string" ? parseDay(day) : null;
  const lastMs = nowMs + daysAheadMax * dayMs;
  if (dayStartMs === null || dayStartMs < firstDayMs || dayStartMs > lastMs) {
    const detail = `${place}.day must be a day YYYY-MM-DD from ${dayText(firstDayMs)} to tomorrow.`;
    return fail(invalid(`${place}.day`, detail));
  }
  const texts: string[] = [];
  for (const name of ["campaign", "source", "medium"] as const) {
    const value = field(entry, name) ?? (name === "campaign" ? null : "");
    if (!isPlaceText(value) || (name === "campaign" && value === "")) {
      const least = name === "campaign" ? "1 to" : "at most";
      const detail = `${place}.${name} must be a text of ${least} ${textLengthMax} characters, without control characters.`;
      return fail(invalid(`${place}.${name}`, detail));
    }
    texts.push(value);
  }
  const [campaign = "", source = "", medium = ""] = texts;
  const stated = field(entry, "currency") ?? currency;
  if (typeof stated !== "string" || !/^[A-Z]{3}$/.test(stated)) {
    return fail(invalid(`${place}.currency`, `${place}.currency must be three capital letters (ISO 4217), e.g. EUR.`));
  }
  const micros = costMicros(field(entry, "cost"));
  if (micros === null) {
    const detail = `${place}.cost must be a decimal, as text or number, from 0 to below ${costMax}.`;
    return fail(invalid(`${place}.cost`, detail));
  }
  return ok({ day: dayText(dayStartMs), campaign, source, medium, currency: stated, micros });
}

function isPlaceText(value: Json | undefined): value is string {
  // Half of a surrogate pair would be stored as another text than was sent.
  return typeof value === "string" && value.length <= textLengthMax && !/[\p{Cc}\p{Cs}]/u.test(value);
}

function costMicros(value: Json | undefined): number | null {
  const text = typeof value === "number" || typeof value === "string" ? parseDecimal(String(value)) : null;
  const micros = text === null ? null : scaledOf(text);
  return micros === null || micros < 0n || micros >= costMax * 1_000_000n ? null : Number(micros);
}
