import { compareText, formatDecimal } from "@sluice/lake";
import type { Dimension, DimensionValues } from "./dimensions.ts";
import { countedEvents } from "./metrics.ts";
import { microsOf } from "./money.ts";
import { NameCounts, namesKeptMax } from "./name-counts.ts";
import { quarterOf } from "./quarter-hours.ts";
import type { CountsBody, EventFamily, MoneyBody, NamesBody, SlotSums, ValuesBody } from "./rollup-body.ts";
import { keptSlots, newSlots, packSlots, type SlotArray, type SlotCounts, unpackSlots } from "./slot-counts.ts";

/** The columns of an event that counts and money need. */
export interface CountedRow extends Partial<DimensionValues> {
  readonly type: string;
  readonly event: string | null;
  readonly time: number;
  readonly revenue: string | null;
  readonly currency: string | null;
  /** Of Campaign Cost: what it states, decimal text. */
  readonly cost?: string | null;
}

/** Track events whose counts are kept by name whatever else the day holds. */
export const alwaysCounted: readonly string[] = [
  countedEvents.orderCompleted,
  countedEvents.orderRefunded,
  ...countedEvents.impressions,
  ...countedEvents.clicks,
];

interface MoneySum {
  readonly orders: SlotArray;
  readonly orderMicros: Map<number, bigint>;
  readonly refunds: SlotArray;
  readonly refundMicros: Map<number, bigint>;
}

/**
 * Folds the events of one UTC day into its counts, names, values of dimensions and money, by quarter hour. Commutative
 * and associative: any order of rows gives the same result. Memory is bounded by the names and values kept and by the
 * currencies (three letters).
 */
export class DayFold {
  readonly #types = new Map<string, SlotArray>();
  readonly #events = new Map<string, SlotArray>();
  readonly #money = new Map<string, MoneySum>();
  readonly #costs = new Map<string, Map<number, bigint>>();
  readonly #names: NameCounts;
  readonly #values: ReadonlyMap<Dimension, NameCounts>;
  #rows = 0;

  constructor(dimensions: readonly Dimension[] = [], namesKept: number = namesKeptMax) {
    this.#names = new NameCounts(namesKept);
    this.#values = new Map(dimensions.map((dimension) => [dimension, new NameCounts(namesKept)]));
  }

  /**
   * Begins with a day's rows of D1, but for the quarter hours that `isAddedAnew`: their events are about to be added, all of them.
   *
   * @returns whether that is possible: names or values that were not kept cannot be counted on.
   */
  resume(bodies: ReadonlyMap<string, string>, isAddedAnew: (quarter: number) => boolean): boolean {
    const bodyOf = <Body>(family: EventFamily): Body | null => {
      const text = bodies.get(family);
      return text === undefined ? null : (JSON.parse(text) as Body);
    };
    const counts = bodyOf<CountsBody>("counts");
    const names = bodyOf<NamesBody>("names");
    const money = bodyOf<MoneyBody>("money");
    if (counts === null || money === null || names === null || names.others.length > 0) return false;
    const isKept = (quarter: number): boolean => !isAddedAnew(quarter);
    for (const [type, slots] of counts.types) setKept(this.#types, type, keptSlots(slots, isKept));
    for (const [name, slots] of counts.events) setKept(this.#events, name, keptSlots(slots, isKept));
    for (const slots of this.#types.values()) this.#rows += slots.reduce((sum, count) => sum + count, 0);
    for (const [type, name, slots] of names.names) this.#names.resume(type, name, keptSlots(slots, isKept));
    for (const [dimension, kept] of this.#values) {
      const values = bodyOf<ValuesBody>(`by ${dimension}`);
      if (values === null || values.others.length > 0) return false;
      for (const [value, slots] of values.values) kept.resume("", value, keptSlots(slots, isKept));
    }
    this.#resumeMoney(money, isKept);
    return true;
  }

  add(row: CountedRow): void {
    const quarter = quarterOf(row.time);
    this.#rows += 1;
    increase(this.#types, row.type, quarter);
    const name = row.event ?? "";
    this.#names.add(row.type, name, quarter);
    for (const [dimension, counts] of this.#values) counts.add("", row[dimension] ?? "", quarter);
    if (row.type !== "track") return;
    if (alwaysCounted.includes(name)) increase(this.#events, name, quarter);
    if (name === countedEvents.orderCompleted || name === countedEvents.orderRefunded) {
      this.#addMoney(name, row, quarter);
    }
    if (typeof row.cost === "string") {
      const sums = this.#costs.get(row.currency ?? "") ?? new Map<number, bigint>();
      sums.set(quarter, (sums.get(quarter) ?? 0n) + (microsOf(row.cost) ?? 0n));
      this.#costs.set(row.currency ?? "", sums);
    }
  }

  /** Rows added so far. */
  get rows(): number {
    return this.#rows;
  }

  counts(): CountsBody {
    return { rows: this.#rows, types: packedEntries(this.#types), events: packedEntries(this.#events) };
  }

  names(): NamesBody {
    const { names, others } = this.#names.result();
    return { names: names.map(({ type, name, slots }) => [type, name, slots] as const), others };
  }

  values(dimension: Dimension): ValuesBody {
    const { names, others } = this.#values.get(dimension)?.result() ?? { names: [], others: [] };
    return { values: names.map(({ name, slots }) => [name, slots] as const), others };
  }

  money(): MoneyBody {
    const currencies = [...this.#money]
      .sort(([a], [b]) => compareText(a, b))
      .map(([currency, sum]) => ({
        currency,
        orders: packSlots(sum.orders),
        orderRevenue: packSums(sum.orderMicros),
        refunds: packSlots(sum.refunds),
        refundRevenue: packSums(sum.refundMicros),
      }));
    const costs = [...this.#costs].sort(([a], [b]) => compareText(a, b));
    if (costs.length === 0) return { currencies };
    return { currencies, costs: costs.map(([currency, sums]) => [currency, packSums(sums)] as const) };
  }

  #resumeMoney({ currencies, costs = [] }: MoneyBody, isKept: (quarter: number) => boolean): void {
    for (const { currency, orders, orderRevenue, refunds, refundRevenue } of currencies) {
      const sum: MoneySum = {
        orders: unpackSlots(keptSlots(orders, isKept)),
        orderMicros: unpackSums(orderRevenue, isKept),
        refunds: unpackSlots(keptSlots(refunds, isKept)),
        refundMicros: unpackSums(refundRevenue, isKept),
      };
      if (sum.orderMicros.size + sum.refundMicros.size > 0) this.#money.set(currency, sum);
    }
    for (const [currency, sums] of costs) {
      const kept = unpackSums(sums, isKept);
      if (kept.size > 0) this.#costs.set(currency, kept);
    }
  }

  #addMoney(name: string, row: CountedRow, quarter: number): void {
    const currency = row.currency ?? "";
    const sum = this.#money.get(currency) ?? {
      orders: newSlots(),
      orderMicros: new Map<number, bigint>(),
      refunds: newSlots(),
      refundMicros: new Map<number, bigint>(),
    };
    const isOrder = name === countedEvents.orderCompleted;
    const [counts, micros] = isOrder ? [sum.orders, sum.orderMicros] : [sum.refunds, sum.refundMicros];
    counts[quarter] = (counts[quarter] ?? 0) + 1;
    const amount = row.revenue === null ? 0n : (microsOf(row.revenue) ?? 0n);
    micros.set(quarter, (micros.get(quarter) ?? 0n) + amount);
    this.#money.set(currency, sum);
  }
}

function increase(counts: Map<string, SlotArray>, key: string, quarter: number): void {
  const slots = counts.get(key) ?? newSlots();
  slots[quarter] = (slots[quarter] ?? 0) + 1;
  counts.set(key, slots);
}

function setKept(counts: Map<string, SlotArray>, key: string, slots: SlotCounts): void {
  if (slots.length > 0) counts.set(key, unpackSlots(slots));
}

function unpackSums(sums: SlotSums, isKept: (quarter: number) => boolean): Map<number, bigint> {
  const kept = new Map<number, bigint>();
  for (let at = 0; at < sums.length; at += 2) {
    const quarter = Number(sums[at]);
    if (isKept(quarter)) kept.set(quarter, microsOf(String(sums[at + 1])) ?? 0n);
  }
  return kept;
}

function packedEntries(map: ReadonlyMap<string, SlotArray>): (readonly [string, number[]])[] {
  return [...map].sort(([a], [b]) => compareText(a, b)).map(([key, slots]) => [key, packSlots(slots)] as const);
}

function packSums(sums: ReadonlyMap<number, bigint>): SlotSums {
  return [...sums].sort(([a], [b]) => a - b).flatMap(([quarter, micros]) => [quarter, formatDecimal(micros)]);
}
