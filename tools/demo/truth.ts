import type { RejectReason } from "@sluice/schema";
import { dayMs, dayName, type DemoEvent, type DemoPlan, type Delivery, demoDays, startOf } from "./event.ts";
import { addMicros, decimalOfMicros, microsOf } from "./money.ts";

/** What one UTC day of the demo holds, counted from what was made, not from what was stored. */
export interface DayTruth {
  readonly day: string;
  /** Distinct active users. */
  readonly users: number;
  /** Valid, distinct events. */
  readonly events: number;
  readonly pageViews: number;
  /** Exact decimals with six fraction digits, by currency; refunds are taken off. */
  readonly revenue: Readonly<Record<string, string>>;
  readonly orders: number;
  /** Completed orders by currency, before refunds: what the average order value is made of. */
  readonly sales: Readonly<Record<string, { readonly amount: string; readonly orders: number }>>;
  readonly impressions: number;
  readonly clicks: number;
}

/** The truth of a plan. */
export interface DemoTruth {
  readonly days: readonly DayTruth[];
  readonly totals: {
    /** Everything sent, duplicates and broken events included. */
    readonly sent: number;
    readonly events: number;
    readonly duplicates: number;
    readonly invalid: number;
    readonly invalidByReason: Readonly<Partial<Record<RejectReason, number>>>;
    /** Events sent an hour or more after they happened. */
    readonly late: number;
  };
}

/** Counts a stream by brute force. Definitions are those of docs/kpis.md; no code is shared with the analytics. */
export function truthOf(plan: DemoPlan, deliveries: Iterable<Delivery>): DemoTruth {
  const count = new Count();
  for (const delivery of deliveries) count.take(delivery);
  return count.truth(plan);
}

/** Identified events reach back this far: an identify counts for a day until so long after the day's end. */
const identifyWindowMs = 30 * dayMs;

interface DayCount {
  events: number;
  pageViews: number;
  orders: number;
  impressions: number;
  clicks: number;
  /** Millionths by currency: orders and refunds, orders alone, and the number of orders. */
  readonly revenue: Map<string, bigint>;
  readonly gross: Map<string, bigint>;
  readonly ordersIn: Map<string, number>;
  /** User ids of active events that had one; anonymous ids of those that had none. */
  readonly known: Set<string>;
  readonly unknown: Set<string>;
}

interface Identified {
  readonly timeMs: number;
  readonly messageId: string;
  readonly userId: string;
}

class Count {
  readonly #days = new Map<string, DayCount>();
  /** The earliest identify of each anonymous id. */
  readonly #identified = new Map<string, Identified>();
  readonly #invalidByReason = new Map<RejectReason, number>();
  readonly #totals = { sent: 0, events: 0, duplicates: 0, invalid: 0, late: 0 };

  take(delivery: Delivery): void {
    this.#totals.sent++;
    if (delivery.kind === "duplicate") {
      this.#totals.duplicates++;
    } else if (delivery.kind === "invalid") {
      this.#totals.invalid++;
      this.#invalidByReason.set(delivery.reason, (this.#invalidByReason.get(delivery.reason) ?? 0) + 1);
    } else {
      this.#totals.events++;
      if (delivery.atMs - Date.parse(delivery.event.timestamp) >= 3_600_000) this.#totals.late++;
      this.#countEvent(delivery.event);
    }
  }

  #countEvent(event: DemoEvent): void {
    const day = this.#dayOf(event);
    day.events++;
    if (event.type === "page") day.pageViews++;
    if (event.event === "Promotion Viewed" || event.event === "Ad Impression") day.impressions++;
    if (event.event === "Promotion Clicked" || event.event === "Ad Clicked") day.clicks++;
    if (event.event === "Order Completed" || event.event === "Order Refunded") countMoney(event, day);
    if (event.type === "track" || event.type === "page" || event.type === "screen") {
      if (event.userId !== undefined) day.known.add(event.userId);
      else if (event.anonymousId !== undefined) day.unknown.add(event.anonymousId);
    }
    if (event.type === "identify") this.#countIdentify(event);
  }

  #countIdentify(event: DemoEvent): void {
    const { userId, anonymousId, messageId } = event;
    if (userId === undefined || anonymousId === undefined) return;
    const timeMs = Date.parse(event.timestamp);
    const first = this.#identified.get(anonymousId);
    const isEarlier =
      first === undefined || timeMs < first.timeMs || (timeMs === first.timeMs && messageId < first.messageId);
    if (isEarlier) this.#identified.set(anonymousId, { timeMs, messageId, userId });
  }

  #dayOf(event: DemoEvent): DayCount {
    const name = event.timestamp.slice(0, 10);
    const existing = this.#days.get(name);
    if (existing !== undefined) return existing;
    const day: DayCount = {
      ...{ events: 0, pageViews: 0, orders: 0, impressions: 0, clicks: 0 },
      ...{ revenue: new Map(), gross: new Map(), ordersIn: new Map(), known: new Set(), unknown: new Set() },
    };
    this.#days.set(name, day);
    return day;
  }

  truth(plan: DemoPlan): DemoTruth {
    const days: DayTruth[] = [];
    for (let day = 0; day < demoDays; day++) {
      const startMs = startOf(plan) + day * dayMs;
      const counted = this.#days.get(dayName(startMs));
      days.push(counted === undefined ? emptyDay(dayName(startMs)) : this.#dayTruth(startMs, counted));
    }
    return { days, totals: { ...this.#totals, invalidByReason: Object.fromEntries(this.#invalidByReason) } };
  }

  #dayTruth(startMs: number, counted: DayCount): DayTruth {
    const users = new Set(counted.known);
    for (const anonymousId of counted.unknown) {
      const identified = this.#identified.get(anonymousId);
      const counts = identified !== undefined && identified.timeMs < startMs + dayMs + identifyWindowMs;
      users.add(counts ? identified.userId : anonymousId);
    }
    const { events, pageViews, orders, impressions, clicks } = counted;
    const revenue = Object.fromEntries([...counted.revenue].sort().map(([code, sum]) => [code, decimalOfMicros(sum)]));
    const sales = Object.fromEntries(
      [...counted.gross]
        .sort()
        .map(([code, sum]) => [code, { amount: decimalOfMicros(sum), orders: counted.ordersIn.get(code) ?? 0 }]),
    );
    return { day: dayName(startMs), users: users.size, events, pageViews, revenue, orders, sales, impressions, clicks };
  }
}

function countMoney(event: DemoEvent, day: DayCount): void {
  const amount = event.properties?.["revenue"];
  const currency = event.properties?.["currency"];
  const code = typeof currency === "string" ? currency.toUpperCase() : "EUR";
  if (typeof amount !== "string" && typeof amount !== "number") {
    throw new Error(`the demo made an order without revenue: ${event.messageId}`);
  }
  const micros = microsOf(String(amount));
  if (event.event === "Order Refunded") {
    addMicros(day.revenue, code, -micros);
    return;
  }
  day.orders++;
  day.ordersIn.set(code, (day.ordersIn.get(code) ?? 0) + 1);
  addMicros(day.revenue, code, micros);
  addMicros(day.gross, code, micros);
}

function emptyDay(day: string): DayTruth {
  return { day, users: 0, events: 0, pageViews: 0, revenue: {}, orders: 0, sales: {}, impressions: 0, clicks: 0 };
}
