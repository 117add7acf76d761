import { compareText } from "@sluice/lake";
import { dayMs, dayOf, dayText } from "./day.ts";
import { countedEvents } from "./metrics.ts";
import { microsOf } from "./money.ts";
import type { Period } from "./period.ts";
import { quarterMs, quartersPerDay } from "./quarter-hours.ts";
import { type DayRollup, emptyDay, type SlotSums } from "./rollup-body.ts";
import { type SlotCounts, sumSlots } from "./slot-counts.ts";

/** Money of one currency in a period. */
export interface Money {
  orders: number;
  orderMicros: bigint;
  refundMicros: bigint;
}

/** Counts and money of any period of whole quarter hours, from the rows of the UTC days that it reaches into. */
export class EventNumbers {
  /** Rows to be added up, by UTC day. */
  readonly #layers: readonly ReadonlyMap<string, DayRollup>[];
  readonly #currency: string;

  /**
   * @param layers by UTC day; one that is absent has no events. The numbers of several are added up.
   * @param currency in which events without one count.
   */
  constructor(layers: readonly ReadonlyMap<string, DayRollup>[], currency: string) {
    this.#layers = layers;
    this.#currency = currency;
  }

  /** These numbers and those of further events. */
  and(days: ReadonlyMap<string, DayRollup>): EventNumbers {
    return new EventNumbers([...this.#layers, days], this.#currency);
  }

  /** Events of one type, or of all. */
  events(period: Period, type: string | null = null): number {
    return this.#sum(period, (day) => entriesOf(day.counts?.types, (name) => type === null || name === type));
  }

  /** Track events that KPIs count by their names. */
  named(period: Period, names: readonly string[]): number {
    return this.#sum(period, (day) => entriesOf(day.counts?.events, (name) => names.includes(name)));
  }

  orders(period: Period): number {
    return this.named(period, [countedEvents.orderCompleted]);
  }

  /** By currency, ordered by it. */
  money(period: Period): Map<string, Money> {
    const sums = new Map<string, Money>();
    for (const { day, first, end } of this.#pieces(period)) {
      for (const stored of day.money?.currencies ?? []) {
        const sum = { orders: 0, orderMicros: 0n, refundMicros: 0n };
        sum.orders = sumSlots(stored.orders, first, end);
        sum.orderMicros = sumMicros(stored.orderRevenue, first, end);
        sum.refundMicros = sumMicros(stored.refundRevenue, first, end);
        const refunds = sumSlots(stored.refunds, first, end);
        if (sum.orders === 0 && refunds === 0) continue;
        const key = stored.currency === "" ? this.#currency : stored.currency;
        const held = sums.get(key);
        sums.set(key, held === undefined ? sum : added(held, sum));
      }
    }
    return new Map([...sums].sort(([a], [b]) => compareText(a, b)));
  }

  /** What Campaign Cost events state, by currency, ordered by it. */
  costs(period: Period): Map<string, bigint> {
    const sums = new Map<string, bigint>();
    for (const { day, first, end } of this.#pieces(period)) {
      for (const [currency, slots] of day.money?.costs ?? []) {
        if (!hasSlot(slots, first, end)) continue;
        const key = currency === "" ? this.#currency : currency;
        sums.set(key, (sums.get(key) ?? 0n) + sumMicros(slots, first, end));
      }
    }
    return new Map([...sums].sort(([a], [b]) => compareText(a, b)));
  }

  /** Track events of one name; `null` where a day of the period may have some of which it kept no count. */
  tracked(period: Period, name: string): number | null {
    let sum = 0;
    for (const { day, first, end } of this.#pieces(period)) {
      const kept = day.names?.names.find(([type, held]) => type === "track" && held === name);
      if (kept === undefined && sumSlots(day.names?.others ?? [], first, end) > 0) return null;
      sum += kept === undefined ? 0 : sumSlots(kept[2], first, end);
    }
    return sum;
  }

  /** Track events by name; `null` holds those whose names were not kept. */
  byName(period: Period): Map<string | null, number> {
    const tracks = (day: DayRollup): (readonly [string | null, SlotCounts])[] => {
      const names = (day.names?.names ?? []).filter(([type]) => type === "track");
      return [...names.map(([, name, slots]) => [name, slots] as const), [null, day.names?.others ?? []]];
    };
    return this.#groups(period, tracks);
  }

  /** Events by a dimension's value; "" holds those without one, `null` those whose values were not kept. */
  byValue(period: Period): Map<string | null, number> {
    return this.#groups(period, (day) => [...(day.values?.values ?? []), [null, day.values?.others ?? []]]);
  }

  #groups(
    period: Period,
    groupsOf: (day: DayRollup) => readonly (readonly [string | null, SlotCounts])[],
  ): Map<string | null, number> {
    const sums = new Map<string | null, number>();
    for (const { day, first, end } of this.#pieces(period)) {
      for (const [group, slots] of groupsOf(day)) {
        const sum = sumSlots(slots, first, end);
        if (sum > 0) sums.set(group, (sums.get(group) ?? 0) + sum);
      }
    }
    return sums;
  }

  #sum(period: Period, slotsOf: (day: DayRollup) => readonly SlotCounts[]): number {
    let sum = 0;
    for (const { day, first, end } of this.#pieces(period)) {
      for (const slots of slotsOf(day)) sum += sumSlots(slots, first, end);
    }
    return sum;
  }

  /** The UTC days that a period reaches into, with the quarter hours of each that belong to it. */
  *#pieces({ fromMs, toMs }: Period): Generator<{ day: DayRollup; first: number; end: number }> {
    for (let startMs = dayOf(fromMs); startMs < toMs; startMs += dayMs) {
      const first = Math.max(0, (fromMs - startMs) / quarterMs);
      const end = Math.min(quartersPerDay, (toMs - startMs) / quarterMs);
      for (const days of this.#layers) yield { day: days.get(dayText(startMs)) ?? emptyDay, first, end };
    }
  }
}

function entriesOf(
  entries: readonly (readonly [string, SlotCounts])[] | undefined,
  isWanted: (name: string) => boolean,
): SlotCounts[] {
  return (entries ?? []).filter(([name]) => isWanted(name)).map(([, slots]) => slots);
}

function hasSlot(sums: SlotSums, first: number, end: number): boolean {
  return sums.some((quarter, at) => at % 2 === 0 && Number(quarter) >= first && Number(quarter) < end);
}

function sumMicros(sums: SlotSums, first: number, end: number): bigint {
  let total = 0n;
  for (let at = 0; at < sums.length; at += 2) {
    const quarter = Number(sums[at]);
    if (quarter >= first && quarter < end) total += microsOf(String(sums[at + 1])) ?? 0n;
  }
  return total;
}

function added(a: Money, b: Money): Money {
  return {
    orders: a.orders + b.orders,
    orderMicros: a.orderMicros + b.orderMicros,
    refundMicros: a.refundMicros + b.refundMicros,
  };
}
