import { compareText, formatDecimal } from "@sluice/lake";
import { dayMs } from "../day.ts";
import { microsOf } from "../money.ts";
import { entryOf } from "../grouped.ts";
import { periodAt, type Periods } from "../period.ts";
import type { Session } from "./session.ts";
import type { Step } from "./step.ts";
import type { KeyedFold } from "./user-pass.ts";

/** A touch counts for conversions up to this long after it. */
export const attributionMsMax = 30 * dayMs;

/** What attribution is folded from: touches (sessions that began with a campaign or an external referrer), conversions. */
export type AttributedItem =
  | { readonly kind: "touch"; readonly session: Session }
  | { readonly kind: "conversion"; readonly step: Step };

/** What brought a user. */
export interface Channel {
  readonly source: string | null;
  readonly medium: string | null;
  readonly campaign: string | null;
  /** Host of the referrer; `null` with a campaign. */
  readonly referrer: string | null;
}

/** What one channel is credited with. */
export interface Credit {
  /** `null`: conversions without a touch in the 30 days before them. */
  readonly channel: Channel | null;
  readonly conversions: number;
  /** Revenue of the conversions by currency, decimal text. */
  readonly revenue: Readonly<Record<string, string>>;
}

/** Credits by the user's first touch within the 30 days before each conversion, and by the last one. */
export interface AttributionAnswer {
  readonly firstTouch: readonly Credit[];
  readonly lastTouch: readonly Credit[];
}

/** What is held of a user until all touches and conversions are known. */
export interface UserTouches {
  readonly touches: Session[];
  readonly conversions: Step[];
}

interface Sum {
  readonly channel: Channel | null;
  conversions: number;
  readonly micros: Map<string, bigint>;
}

/**
 * Credits each conversion of a range to the first and to the last touch of its user at most 30 days before it. A visit
 * without campaign and external referrer is no touch, so the last touch is the last one that was not direct.
 */
export class AttributionFold implements KeyedFold<AttributedItem, UserTouches, AttributionAnswer> {
  readonly #periods: Periods;
  readonly #currency: string;
  readonly #first = new Map<string, Sum>();
  readonly #last = new Map<string, Sum>();

  /** @param currency of conversions that state none. */
  constructor(periods: Periods, currency: string) {
    this.#periods = periods;
    this.#currency = currency;
  }

  start(): UserTouches {
    return { touches: [], conversions: [] };
  }

  add(state: UserTouches, item: AttributedItem): number {
    if (item.kind === "touch") {
      if (!item.session.is_touch) return 0;
      state.touches.push(item.session);
    } else {
      if (periodAt(this.#periods, item.step.time) === null) return 0;
      state.conversions.push(item.step);
    }
    return 1;
  }

  end({ touches, conversions }: UserTouches): void {
    for (const step of conversions) {
      this.#credit(this.#first, firstTouch(touches, step), step);
      this.#credit(this.#last, lastTouch(touches, step), step);
    }
  }

  answer(): AttributionAnswer {
    return { firstTouch: creditsOf(this.#first), lastTouch: creditsOf(this.#last) };
  }

  #credit(sums: Map<string, Sum>, touch: Session | null, step: Step): void {
    const channel = touch === null ? null : channelOf(touch);
    const sum = entryOf(sums, channelKey(channel), () => ({ channel, conversions: 0, micros: new Map() }));
    sum.conversions += 1;
    const micros = step.revenue === null ? null : microsOf(step.revenue);
    if (micros === null) return;
    const currency = step.currency ?? this.#currency;
    sum.micros.set(currency, (sum.micros.get(currency) ?? 0n) + micros);
  }
}

/** The first touch within the 30 days before a conversion, in the total order; it may be the conversion itself. */
function firstTouch(touches: readonly Session[], step: Step): Session | null {
  return edgeTouch(touches, step, -1);
}

/** Likewise, the last one. */
export function lastTouch(touches: readonly Session[], step: Step): Session | null {
  return edgeTouch(touches, step, 1);
}

function edgeTouch(touches: readonly Session[], step: Step, sign: 1 | -1): Session | null {
  const conversion = { start_time: step.time, message_id: step.message_id };
  let found: Session | null = null;
  for (const touch of touches) {
    if (step.time - touch.start_time > attributionMsMax || compareStarts(touch, conversion) > 0) continue;
    if (found === null || compareStarts(touch, found) * sign > 0) found = touch;
  }
  return found;
}

type Start = Pick<Session, "start_time" | "message_id">;

function compareStarts(a: Start, b: Start): number {
  return a.start_time - b.start_time || compareText(a.message_id, b.message_id);
}

/** The channel of a touch: its campaign, else its referrer. */
export function channelOf({ campaign_source, campaign_medium, campaign_name, referrer_host }: Session): Channel {
  const hasCampaign = campaign_source !== null || campaign_medium !== null || campaign_name !== null;
  return {
    source: campaign_source,
    medium: campaign_medium,
    campaign: campaign_name,
    referrer: hasCampaign ? null : referrer_host,
  };
}

function channelKey(channel: Channel | null): string {
  return channel === null ? "" : JSON.stringify([channel.source, channel.medium, channel.campaign, channel.referrer]);
}

/** By conversions, then by name. */
function creditsOf(sums: ReadonlyMap<string, Sum>): Credit[] {
  const ordered = [...sums].sort(([a, some], [b, others]) => {
    return others.conversions - some.conversions || compareText(a, b);
  });
  return ordered.map(([, { channel, conversions, micros }]) => {
    const revenue = [...micros].sort(([a], [b]) => compareText(a, b));
    return {
      channel,
      conversions,
      revenue: Object.fromEntries(revenue.map(([currency, value]) => [currency, formatDecimal(value)])),
    };
  });
}
