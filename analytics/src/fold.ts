import { compareText, formatDecimal } from "@sluice/lake";
import { activeTypes, countedEvents } from "./metrics.ts";
import { microsOf } from "./money.ts";
import { NameCounts, namesKeptMax } from "./name-counts.ts";
import type { CountsBody, MoneyBody, NamesBody } from "./rollup-body.ts";

/** The columns of an event that counts and money need. */
export interface CountedRow {
  readonly type: string;
  readonly event: string | null;
  readonly revenue: string | null;
  readonly currency: string | null;
}

/** Track events whose counts are kept by name whatever else the day holds. */
const alwaysCounted: readonly string[] = [
  countedEvents.orderCompleted,
  countedEvents.orderRefunded,
  ...countedEvents.impressions,
  ...countedEvents.clicks,
];

interface MoneySum {
  orders: number;
  orderMicros: bigint;
  refunds: number;
  refundMicros: bigint;
}

/**
 * Folds the events of one day into its counts, names and money. Commutative and associative: any order of
 * rows gives the same result. Memory is bounded by the names kept and by the currencies (three letters).
 */
export class DayFold {
  readonly #types = new Map<string, number>();
  readonly #events = new Map<string, number>();
  readonly #money = new Map<string, MoneySum>();
  readonly #names: NameCounts;
  #rows = 0;

  constructor(namesKept: number = namesKeptMax) {
    this.#names = new NameCounts(namesKept);
  }

  add(row: CountedRow): void {
    this.#rows += 1;
    increase(this.#types, row.type);
    const name = row.event ?? "";
    this.#names.add(row.type, name);
    if (row.type !== "track") return;
    if (alwaysCounted.includes(name)) increase(this.#events, name);
    if (name === countedEvents.orderCompleted || name === countedEvents.orderRefunded) this.#addMoney(name, row);
  }

  /** Rows added so far. */
  get rows(): number {
    return this.#rows;
  }

  counts(): CountsBody {
    return { rows: this.#rows, types: sortedEntries(this.#types), events: sortedEntries(this.#events) };
  }

  names(): NamesBody {
    const { names, otherEvents } = this.#names.result();
    return { names: names.map(({ type, name, count }) => [type, name, count] as const), otherEvents };
  }

  money(): MoneyBody {
    const currencies = sortedEntries(this.#money).map(([currency, sum]) => ({
      currency,
      orders: sum.orders,
      orderRevenue: formatDecimal(sum.orderMicros),
      refunds: sum.refunds,
      refundRevenue: formatDecimal(sum.refundMicros),
    }));
    return { currencies };
  }

  #addMoney(name: string, row: CountedRow): void {
    const currency = row.currency ?? "";
    const sum = this.#money.get(currency) ?? { orders: 0, orderMicros: 0n, refunds: 0, refundMicros: 0n };
    const micros = row.revenue === null ? 0n : (microsOf(row.revenue) ?? 0n);
    if (name === countedEvents.orderCompleted) {
      sum.orders += 1;
      sum.orderMicros += micros;
    } else {
      sum.refunds += 1;
      sum.refundMicros += micros;
    }
    this.#money.set(currency, sum);
  }
}

/** Whether an event makes its user active on its day. */
export function isActive(type: string, isBot: boolean): boolean {
  return !isBot && (activeTypes as readonly string[]).includes(type);
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function sortedEntries<Value>(map: ReadonlyMap<string, Value>): (readonly [string, Value])[] {
  return [...map].sort(([a], [b]) => compareText(a, b));
}
