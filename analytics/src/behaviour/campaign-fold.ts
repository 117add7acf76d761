import { countedEvents } from "../metrics.ts";
import { microsOf } from "../money.ts";
import { entryOf } from "../grouped.ts";
import { periodAt, type Periods } from "../period.ts";
import { type AttributedItem, type Channel, channelOf, lastTouch, type UserTouches } from "./attribution.ts";
import { type EventName, isNamed } from "./event-name.ts";
import { compareSteps, type Step } from "./step.ts";

/** What campaigns are credited with. */
export const orderEvent: EventName = { type: "track", name: countedEvents.orderCompleted };

/** What orders are credited to campaigns. */
export interface CampaignCredit {
  orders: number;
  /** Users whose first order ever is one of them. */
  newPayingUsers: number;
  /** By currency, micros. */
  readonly revenue: Map<string, bigint>;
}

interface UserOrders extends UserTouches {
  /** The first order of the user in the whole history. */
  first: Step | null;
}

/**
 * Credits orders to campaigns: those whose last touch in the 30 days before began with a campaign. Counts them, their revenue, and the
 * users whose first order ever is one of them, by a key: the period, or the campaign.
 */
export class CampaignFold<Key> {
  readonly #periods: Periods;
  readonly #currency: string;
  readonly #keyOf: (period: number, channel: Channel) => Key;
  readonly #credits = new Map<Key, CampaignCredit>();

  /**
   * @param currency of orders that state none.
   * @param keyOf of the first day of an order's period and of what brought its user.
   */
  constructor(periods: Periods, currency: string, keyOf: (period: number, channel: Channel) => Key) {
    this.#periods = periods;
    this.#currency = currency;
    this.#keyOf = keyOf;
  }

  start(): UserOrders {
    return { touches: [], conversions: [], first: null };
  }

  /** Items are touches and orders of the range, and all orders before it. */
  add(state: UserOrders, item: AttributedItem): number {
    if (item.kind === "touch") {
      if (!item.session.is_touch) return 0;
      state.touches.push(item.session);
      return 1;
    }
    const { step } = item;
    if (!isNamed(step, orderEvent)) return 0;
    if (state.first === null || compareSteps(step, state.first) < 0) state.first = step;
    if (periodAt(this.#periods, step.time) === null) return 0;
    state.conversions.push(step);
    return 1;
  }

  end({ touches, conversions, first }: UserOrders): void {
    for (const step of conversions) {
      const touch = lastTouch(touches, step);
      const channel = touch === null ? null : channelOf(touch);
      const period = periodAt(this.#periods, step.time);
      if (channel === null || period === null || !isCampaign(channel)) continue;
      const credit = entryOf(this.#credits, this.#keyOf(period, channel), noCredit);
      credit.orders += 1;
      if (step === first) credit.newPayingUsers += 1;
      const micros = step.revenue === null ? null : microsOf(step.revenue);
      if (micros === null) continue;
      const currency = step.currency ?? this.#currency;
      credit.revenue.set(currency, (credit.revenue.get(currency) ?? 0n) + micros);
    }
  }

  answer(): ReadonlyMap<Key, CampaignCredit> {
    return this.#credits;
  }
}

/** A campaign that is credited with nothing. */
export function noCredit(): CampaignCredit {
  return { orders: 0, newPayingUsers: 0, revenue: new Map() };
}

function isCampaign({ source, medium, campaign }: Channel): boolean {
  return source !== null || medium !== null || campaign !== null;
}
