import { compareText } from "@sluice/lake";
import { type CampaignCredit, noCredit } from "./behaviour/campaign-fold.ts";
import type { EventNumbers } from "./event-numbers.ts";
import { alwaysCounted } from "./fold.ts";
import type { KpiQuestion } from "./kpi-params.ts";
import { nextPeriod } from "./local-period.ts";
import type { Period } from "./period.ts";

/** Uploaded costs of one local day in one currency. */
export interface CostOfDay {
  readonly day: number;
  readonly currency: string;
  readonly micros: bigint;
}

/** What campaigns cost and brought in the periods of a question. */
export interface CampaignNumbers {
  /** Costs by currency, ordered by it, micros. */
  spent(period: Period): ReadonlyMap<string, bigint>;
  /** Track events of the name that the question calls a conversion. */
  conversions(period: Period): number;
  /** What orders of the period are credited to campaigns. */
  credits(period: Period): CampaignCredit;
}

/**
 * Adds up what was asked for.
 *
 * @param uploaded of the question's local days.
 * @param credits by first day of their period.
 */
export function campaignNumbers(
  { interval, conversion }: Pick<KpiQuestion, "interval" | "conversion">,
  events: EventNumbers,
  uploaded: readonly CostOfDay[],
  credits: ReadonlyMap<number, CampaignCredit>,
): CampaignNumbers {
  return {
    spent: (period) => {
      const sums = events.costs(period);
      const end = interval === "hour" ? period.firstDay : nextPeriod(interval, period.firstDay);
      for (const { day, currency, micros } of uploaded) {
        if (day < period.firstDay || day >= end) continue;
        sums.set(currency, (sums.get(currency) ?? 0n) + micros);
      }
      return new Map([...sums].sort(([a], [b]) => compareText(a, b)));
    },
    conversions: (period) => {
      if (alwaysCounted.includes(conversion)) return events.named(period, [conversion]);
      return events.tracked(period, conversion) ?? 0;
    },
    credits: ({ firstDay }) => credits.get(firstDay) ?? noCredit(),
  };
}
