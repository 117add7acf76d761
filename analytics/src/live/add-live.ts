import { compareText, formatDecimal } from "@sluice/lake";
import { DayFold } from "../fold.ts";
import { microsOf } from "../money.ts";
import type { CountsBody, DayRollup, MoneyBody } from "../rollup-body.ts";
import type { LiveRow } from "./live-row.ts";

/**
 * The roll-up of a day with the events that it does not hold yet. Counts and money are sums; users are a set, so their
 * number is given whole: of both together.
 *
 * @param rows events of the day that are in none of the roll-up's parts, each once.
 * @param dau distinct users of the day, those of the roll-up included.
 */
export function addLive(batch: DayRollup, rows: readonly LiveRow[], dau: number): DayRollup {
  if (rows.length === 0) return batch;
  const fold = new DayFold();
  for (const row of rows) fold.add(row);
  return {
    counts: batch.counts === null ? fold.counts() : sumOfCounts(batch.counts, fold.counts()),
    money: batch.money === null ? fold.money() : sumOfMoney(batch.money, fold.money()),
    users: { dau },
  };
}

function sumOfCounts(a: CountsBody, b: CountsBody): CountsBody {
  return { rows: a.rows + b.rows, types: sumOfEntries(a.types, b.types), events: sumOfEntries(a.events, b.events) };
}

type Entries = CountsBody["types"];

function sumOfEntries(a: Entries, b: Entries): Entries {
  const sums = new Map(a);
  for (const [name, count] of b) sums.set(name, (sums.get(name) ?? 0) + count);
  return [...sums].sort(([x], [y]) => compareText(x, y));
}

function sumOfMoney(a: MoneyBody, b: MoneyBody): MoneyBody {
  const sums = new Map(a.currencies.map((entry) => [entry.currency, entry]));
  for (const entry of b.currencies) {
    const held = sums.get(entry.currency);
    sums.set(entry.currency, held === undefined ? entry : sumOfCurrency(held, entry));
  }
  return { currencies: [...sums.values()].sort((x, y) => compareText(x.currency, y.currency)) };
}

type CurrencyBody = MoneyBody["currencies"][number];

function sumOfCurrency(a: CurrencyBody, b: CurrencyBody): CurrencyBody {
  return {
    currency: a.currency,
    orders: a.orders + b.orders,
    orderRevenue: sumOfDecimals(a.orderRevenue, b.orderRevenue),
    refunds: a.refunds + b.refunds,
    refundRevenue: sumOfDecimals(a.refundRevenue, b.refundRevenue),
  };
}

function sumOfDecimals(a: string, b: string): string {
  return formatDecimal((microsOf(a) ?? 0n) + (microsOf(b) ?? 0n));
}
