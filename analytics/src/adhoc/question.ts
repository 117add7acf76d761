import type { Row } from "@sluice/lake";
import { fail, field, hourMs, type Json, type JsonObject, ok, parseTime, type Result } from "@sluice/schema";
import { dayMs, parseDay } from "../day.ts";
import { type Interval, intervals } from "../local-period.ts";
import { invalid, type Problem } from "../problem.ts";
import { isTimeZone, LocalDays, refusedFirstDay } from "../time-zone.ts";
import { columnsOf, type FieldRef, fieldRef, isPersonal } from "./field-ref.ts";
import { type Filter, filtersOf } from "./filter.ts";
import { type Measure, measuresOf } from "./measure.ts";

const groupByMax = 5;
const rowsMax = 10_000;
const rowsDefault = 1_000;
const rangeDaysMax = 400;
const fieldNames = ["from", "to", "timezone", "interval", "filters", "groupBy", "measures", "orderBy", "limit"];

/** A question of `POST /v1/query` that can be answered. */
export interface AdhocQuestion {
  /** First instant (inclusive) and last one (exclusive), ms. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly timezone: string;
  readonly local: LocalDays;
  /** `null`: the range is one bucket. */
  readonly interval: Interval | null;
  readonly filters: readonly Filter[];
  readonly groupBy: readonly FieldRef[];
  readonly measures: readonly Measure[];
  /** Index of the measure by which rows are ordered within a bucket; `null` by their group. */
  readonly orderBy: number | null;
  readonly isDescending: boolean;
  readonly limit: number;
  /** Whether it names persons: then the token needs the scope users. */
  readonly isPersonal: boolean;
}

/** Reads a question; every refusal names the field and its limit. */
export function adhocQuestion(body: JsonObject): Result<AdhocQuestion, Problem> {
  const unknown = Object.keys(body).find((name) => !fieldNames.includes(name));
  if (unknown !== undefined) {
    return fail(invalid(unknown.slice(0, 40), `Unknown field. Known are ${fieldNames.join(", ")}.`));
  }
  const timezone = field(body, "timezone") ?? "UTC";
  if (typeof timezone !== "string" || !isTimeZone(timezone)) {
    return fail(invalid("timezone", "timezone must be an IANA time zone, such as Europe/Berlin; UTC when absent."));
  }
  const local = new LocalDays(timezone);
  const range = rangeOf(body, local);
  if (!range.ok) return range;
  const asked = field(body, "interval") ?? null;
  const interval = intervals.find((name) => name === asked) ?? null;
  if (interval !== asked)
    return fail(invalid("interval", `interval must be one of ${intervals.join(", ")}, or absent.`));
  const filters = filtersOf(field(body, "filters"));
  if (!filters.ok) return filters;
  const groupBy = groupByOf(field(body, "groupBy"));
  if (!groupBy.ok) return groupBy;
  const measures = measuresOf(field(body, "measures"));
  if (!measures.ok) return measures;
  const mixed = mixedMoney(measures.value, groupBy.value, filters.value);
  if (mixed !== null) return fail(mixed);
  const order = orderOf(field(body, "orderBy"), measures.value);
  if (!order.ok) return order;
  const limit = field(body, "limit") ?? rowsDefault;
  if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1 || limit > rowsMax) {
    return fail(invalid("limit", `limit must be a whole number from 1 to ${rowsMax}; ${rowsDefault} when absent.`));
  }
  // A percentile, or the sum over one row, is a value of that row; how many there are is not.
  const shown = measures.value.filter(({ fn }) => fn !== "count" && fn !== "unique").flatMap(({ ref }) => ref ?? []);
  const named = [...groupBy.value, ...filters.value.map(({ ref }) => ref), ...shown];
  const parts = { filters: filters.value, groupBy: groupBy.value, measures: measures.value };
  return ok({
    ...range.value,
    timezone,
    local,
    interval,
    ...parts,
    ...order.value,
    limit,
    isPersonal: named.some(isPersonal),
  });
}

function rangeOf(body: JsonObject, local: LocalDays): Result<{ fromMs: number; toMs: number }, Problem> {
  const fromMs = instantOf(field(body, "from"), local);
  if (fromMs === null) return fail(invalid("from", `from must be ${instantRule} (inclusive).`));
  const toMs = instantOf(field(body, "to"), local);
  if (toMs === null) return fail(invalid("to", `to must be ${instantRule} (exclusive).`));
  if (toMs <= fromMs) return fail(invalid("to", "to must be later than from: it is exclusive."));
  const refused = refusedFirstDay(local.zone, local.dayOf(fromMs));
  if (refused !== null) return fail(invalid("from", refused));
  // A day with a clock change has 25 hours.
  if (toMs - fromMs > rangeDaysMax * dayMs + hourMs) {
    return fail(invalid("to", `from and to may span at most ${rangeDaysMax} days.`));
  }
  return ok({ fromMs, toMs });
}

const instantRule = "a day YYYY-MM-DD of the time zone, or a time in ISO 8601";

function instantOf(value: Json | undefined, local: LocalDays): number | null {
  if (typeof value !== "string" || value.length > 40) return null;
  const day = parseDay(value);
  const ms = day === null ? parseTime(value) : local.startMs(day / dayMs);
  return ms !== null && ms >= 0 && (day !== null || value.includes("T")) ? ms : null;
}

function groupByOf(value: Json | undefined): Result<readonly FieldRef[], Problem> {
  const list = value ?? [];
  if (!Array.isArray(list) || list.length > groupByMax) {
    return fail(invalid("groupBy", `groupBy must be a list of at most ${groupByMax} fields.`));
  }
  const refs: FieldRef[] = [];
  for (const [index, entry] of list.entries()) {
    const ref = fieldRef(entry as Json, `groupBy[${index}]`);
    if (!ref.ok) return ref;
    refs.push(ref.value);
  }
  return ok(refs);
}

/** Why a question may not have its measures of revenue, or `null`: amounts of several currencies are never added or compared. */
function mixedMoney(
  measures: readonly Measure[],
  groupBy: readonly FieldRef[],
  filters: readonly Filter[],
): Problem | null {
  const isColumn = (ref: FieldRef | null, name: keyof Row): boolean => ref?.kind === "column" && ref.column === name;
  const index = measures.findIndex(({ fn, ref }) => fn !== "count" && fn !== "unique" && isColumn(ref, "revenue"));
  const isDivided = groupBy.some((ref) => isColumn(ref, "currency"));
  if (index === -1 || isDivided || filters.some(({ ref, oneOf }) => isColumn(ref, "currency") && oneOf?.length === 1)) {
    return null;
  }
  const detail = "revenue is of several currencies: group by currency, or filter by one (eq).";
  return invalid(`measures[${index}].field`, detail);
}

type Order = Pick<AdhocQuestion, "orderBy" | "isDescending">;

function orderOf(value: Json | undefined, measures: readonly Measure[]): Result<Order, Problem> {
  const text = value ?? `-${measures[0]?.name ?? ""}`;
  const name = typeof text === "string" ? text.replace(/^-/, "") : "";
  if (name === "group") return ok({ orderBy: null, isDescending: text === "-group" });
  const index = measures.findIndex((measure) => measure.name === name);
  if (index >= 0) return ok({ orderBy: index, isDescending: String(text).startsWith("-") });
  return fail(invalid("orderBy", "orderBy must be the name of a measure, or group; with - before it, descending."));
}

/**
 * The columns that a question reads, those of its filters apart: they are read first.
 *
 * @param isInside whether all rows are known to lie in the range: their times then matter for buckets only.
 */
export function columnsOfQuestion(
  question: AdhocQuestion,
  isInside: boolean,
): {
  readonly first: readonly (keyof Row)[];
  readonly rest: readonly (keyof Row)[];
} {
  const times: (keyof Row)[] = isInside && question.interval === null ? [] : ["time"];
  const first = new Set<keyof Row>(times.concat(question.filters.flatMap(({ ref }) => columnsOf(ref))));
  const rest = [...question.groupBy, ...question.measures.flatMap(({ ref }) => ref ?? [])].flatMap(columnsOf);
  return { first: [...first], rest: [...new Set(rest)].filter((name) => !first.has(name)) };
}
