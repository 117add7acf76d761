import { compareText, formatDecimal } from "@sluice/lake";
import type { Dimension, DimensionValues } from "./dimensions.ts";
import { countedEvents } from "./metrics.ts";
import { microsOf } from "./money.ts";
import { NameCounts, namesKeptMax } from "./name-counts.ts";
import { quarterOf } from "./quarter-hours.ts";
import type { CountsBody, MoneyBody, NamesBody, SlotSums, ValuesBody } from "./rollup-body.ts";
import { newSlots, packSlots, type SlotArray } from "./slot-counts.ts";

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

function packedEntries(map: ReadonlyMap<string, SlotArray>): (readonly [string, number[]])[] {
  return [...map].sort(([a], [b]) => compareText(a, b)).map(([key, slots]) => [key, packSlots(slots)] as const);
}

function packSums(sums: ReadonlyMap<number, bigint>): SlotSums {
  return [...sums].sort(([a], [b]) => a - b).flatMap(([quarter, micros]) => [quarter, formatDecimal(micros)]);
}
