import { compareText, formatDecimal } from "@sluice/lake";
import type { Json } from "@sluice/schema";
import type { AdhocResult } from "../adhoc/aggregate.ts";
import { entryOf } from "../grouped.ts";
import { divideDecimals, microsOf } from "../money.ts";
import type { Period } from "../period.ts";
import type { DeclaredKpi, DeclaredPart } from "./declaration.ts";

/** Groups of a breakdown that an answer lists: those with the most. */
const groupsMax = 100;

/** What a value of a declared KPI is. */
export type DeclaredUnit = "count" | "decimal" | "money" | "ratio" | "money ratio";

/** A number, or decimal text; `null` where no event has a value. */
type Amount = number | string | null;

/** Two amounts and their quotient, rounded half to even at the sixth digit; no value over zero. */
interface DeclaredRatio {
  readonly numerator: Amount;
  readonly denominator: Amount;
  readonly value: string | null;
}

/** By unit: an amount, a ratio, or either by currency. */
export type DeclaredValue = Amount | DeclaredRatio | Readonly<Record<string, Amount | DeclaredRatio>>;

/** One period of a declared KPI. */
export interface DeclaredBucket {
  readonly start: string;
  readonly complete: boolean;
  readonly value: DeclaredValue;
}

/** The periods of a declared KPI, in all and by the groups of its breakdown. */
export interface DeclaredSeries {
  readonly unit: DeclaredUnit;
  readonly buckets: readonly DeclaredBucket[];
  readonly groups?: readonly { readonly group: string | null; readonly buckets: readonly DeclaredBucket[] }[];
  readonly groupsLeftOut?: number;
}

/** What was counted of one part: in all, and by group where the KPI has a breakdown. */
export interface CountedPart {
  readonly total: AdhocResult;
  readonly byGroup: AdhocResult | null;
}

/** Amounts of one group by period, then by currency ("" where it is no money). */
type Amounts = ReadonlyMap<string, ReadonlyMap<string, Amount>>;

/**
 * Makes the answer of what was counted; a period without events is there as well.
 *
 * @param parts in the order of the KPI's.
 */
export function declaredSeries(
  kpi: DeclaredKpi,
  parts: readonly CountedPart[],
  periods: readonly Period[],
  isComplete: (period: Period) => boolean,
): DeclaredSeries {
  const bucketsOf = (amounts: readonly Amounts[]): DeclaredBucket[] => {
    return periods.map((period) => {
      const found = amounts.map((held) => held.get(period.start) ?? new Map<string, Amount>());
      return { start: period.start, complete: isComplete(period), value: valueOf(kpi.parts, found) };
    });
  };
  const totals = parts.map(({ total }, index) => amountsOf(total, isMoneyAt(kpi, index)).get("") ?? new Map());
  const series = { unit: unitOf(kpi), buckets: bucketsOf(totals) };
  if (kpi.breakdown === null) return series;
  const grouped = parts.map(({ byGroup }, index) =>
    amountsOf(byGroup ?? { rows: [], groups: 0 }, isMoneyAt(kpi, index)),
  );
  const sizes = new Map<string, bigint>();
  for (const [key, held] of grouped[0] ?? []) sizes.set(key, sizeOf(held));
  for (const held of grouped.slice(1)) for (const key of held.keys()) sizes.set(key, sizes.get(key) ?? 0n);
  const order = [...sizes].sort(([a, some], [b, more]) => (some === more ? compareText(a, b) : some < more ? 1 : -1));
  const groups = order.slice(0, groupsMax).map(([key]) => {
    const [group] = JSON.parse(key) as [string | null];
    return { group, buckets: bucketsOf(grouped.map((held) => held.get(key) ?? new Map())) };
  });
  return { ...series, groups, groupsLeftOut: Math.max(0, order.length - groupsMax) };
}

function isMoneyAt({ parts }: DeclaredKpi, index: number): boolean {
  return parts[index]?.isMoney ?? false;
}

/** Amounts by group ("" for the total, else the group as JSON), period and currency. The currency is the last column of a row's group. */
function amountsOf({ rows }: AdhocResult, isMoney: boolean): Map<string, Amounts> {
  const groups = new Map<string, Map<string, Map<string, Amount>>>();
  for (const { bucket = "", group, values } of rows) {
    const own = isMoney ? group.slice(0, -1) : group;
    const key = own.length === 0 ? "" : JSON.stringify(own);
    const periods = entryOf(groups, key, () => new Map<string, Map<string, Amount>>());
    const currency = isMoney ? (group.at(-1) ?? "") : "";
    const amount = amountOf(values[0] ?? null);
    if (isMoney && amount === null) continue;
    entryOf(periods, bucket, () => new Map<string, Amount>()).set(currency, amount);
  }
  return groups;
}

function amountOf(value: Json): Amount {
  return typeof value === "number" || typeof value === "string" ? value : null;
}

function valueOf(parts: readonly DeclaredPart[], found: readonly ReadonlyMap<string, Amount>[]): DeclaredValue {
  const [first, second] = parts;
  const [one, other] = [found[0] ?? new Map<string, Amount>(), found[1] ?? new Map<string, Amount>()];
  if (first === undefined) throw new Error("a KPI without a measure");
  if (second === undefined)
    return first.isMoney ? byCurrency([one], (name) => one.get(name) ?? null) : plain(first, one);
  const amount = (part: DeclaredPart, held: ReadonlyMap<string, Amount>, currency: string): Amount => {
    return part.isMoney ? (held.get(currency) ?? "0.000000") : plain(part, held);
  };
  const ratioIn = (currency: string): DeclaredRatio =>
    ratio(amount(first, one, currency), amount(second, other, currency));
  if (!first.isMoney && !second.isMoney) return ratioIn("");
  return byCurrency([...(first.isMoney ? [one] : []), ...(second.isMoney ? [other] : [])], ratioIn);
}

/** What is no money: counts and sums of nothing are 0, of all else there is no value. */
function plain({ measure }: DeclaredPart, held: ReadonlyMap<string, Amount>): Amount {
  const amount = held.get("") ?? null;
  if (amount !== null) return amount;
  if (measure.fn === "count" || measure.fn === "unique") return 0;
  return measure.fn === "sum" ? "0.000000" : null;
}

function ratio(numerator: Amount, denominator: Amount): DeclaredRatio {
  const by = micros(denominator);
  return { numerator, denominator, value: by === 0n ? null : formatDecimal(divideDecimals(micros(numerator), by)) };
}

function byCurrency<Value>(
  amounts: readonly ReadonlyMap<string, Amount>[],
  valueIn: (currency: string) => Value,
): Readonly<Record<string, Value>> {
  const currencies = new Set(amounts.flatMap((held) => [...held.keys()]));
  return Object.fromEntries([...currencies].sort(compareText).map((currency) => [currency, valueIn(currency)]));
}

function micros(amount: Amount): bigint {
  return amount === null ? 0n : (microsOf(String(amount)) ?? 0n);
}

function sizeOf(amounts: Amounts): bigint {
  let size = 0n;
  for (const held of amounts.values()) for (const amount of held.values()) size += micros(amount);
  return size;
}

function unitOf({ fn, parts }: DeclaredKpi): DeclaredUnit {
  const isMoney = parts.some((part) => part.isMoney);
  if (fn === "ratio") return isMoney ? "money ratio" : "ratio";
  if (fn === "count" || fn === "unique") return "count";
  return isMoney ? "money" : "decimal";
}
