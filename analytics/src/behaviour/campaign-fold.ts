import { countedEvents } from "../metrics.ts";
import { microsOf } from "../money.ts";
import type { PeriodCredits } from "../campaign-numbers.ts";
import { type AttributedItem, channelOf, lastTouch, type UserTouches } from "./attribution.ts";
import { type EventName, isNamed } from "./event-name.ts";
import { entryOf } from "../grouped.ts";
import { periodAt, type Periods } from "../period.ts";
import { compareSteps, type Step } from "./step.ts";

/** The conversion that campaigns are credited with. */
export const orderEvent: EventName = { type: "track", name: countedEvents.orderCompleted };

interface UserOrders extends UserTouches {
  /** The first order of the user in the whole history. */
  first: Step | null;
}

interface Sum {
  newPayingUsers: number;
  readonly revenue: Map<string, bigint>;
}

/**
 * Credits orders to campaigns: those whose last touch in the 30 days before began with a campaign. Counts by period their
 * revenue, and the users whose first order ever is one of them.
 */
export class CampaignFold {
  readonly #periods: Periods;
  readonly #currency: string;
  readonly #sums = new Map<number, Sum>();

  /** @param currency of orders that state none. */
  constructor(periods: Periods, currency: string) {
    this.#periods = periods;
    this.#currency = currency;
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
      const period = periodAt(this.#periods, step.time);
      if (touch === null || period === null || !isCampaign(channelOf(touch))) continue;
      const sum = entryOf(this.#sums, period, () => ({ newPayingUsers: 0, revenue: new Map<string, bigint>() }));
      if (step === first) sum.newPayingUsers += 1;
      const micros = step.revenue === null ? null : microsOf(step.revenue);
      if (micros === null) continue;
      const currency = step.currency ?? this.#currency;
      sum.revenue.set(currency, (sum.revenue.get(currency) ?? 0n) + micros);
    }
  }

  /** By first day of each period. */
  answer(): ReadonlyMap<number, PeriodCredits> {
    return this.#sums;
  }
}

function isCampaign({ source, medium, campaign }: ReturnType<typeof channelOf>): boolean {
  return source !== null || medium !== null || campaign !== null;
}
