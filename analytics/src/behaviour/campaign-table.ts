import { compareText, formatDecimal, parseDecimal } from "@sluice/lake";
import { entryOf } from "../grouped.ts";
import { countedEvents } from "../metrics.ts";
import { divideDecimals, divideMicros, microsOf } from "../money.ts";
import { periodAt, type Periods } from "../period.ts";
import { type CampaignCredit, noCredit } from "./campaign-fold.ts";
import { propertyOf, type Step } from "./step.ts";

/** Events whose campaign and cost the steps keep, by name. */
export const campaignProperties: readonly (readonly [string, readonly string[]])[] = [
  ...[...countedEvents.impressions, ...countedEvents.clicks].map((name) => [name, ["campaign", "name"]] as const),
  [countedEvents.campaignCost, ["campaign", "cost", "name"]],
];

/** One campaign: what it showed, cost and brought. Quotients are null over zero. */
export interface CampaignRow {
  /** `null`: of what names no campaign. */
  readonly campaign: string | null;
  readonly impressions: number;
  readonly clicks: number;
  readonly ctr: number | null;
  /** Credited to it by the last touch. */
  readonly orders: number;
  readonly newPayingUsers: number;
  readonly byCurrency: Readonly<Record<string, CampaignMoney>>;
}

/** Decimal texts of six digits, rounded half to even. */
interface CampaignMoney {
  readonly cost: string;
  readonly revenue: string;
  readonly cpc: string | null;
  readonly cpa: string | null;
  readonly cac: string | null;
  readonly roas: string | null;
}

interface Sum {
  impressions: number;
  clicks: number;
  readonly cost: Map<string, bigint>;
}

/** Adds up by campaign: impressions, clicks and stated costs of steps, and uploaded costs. */
export class CampaignTable {
  readonly #periods: Periods;
  readonly #currency: string;
  readonly #sums = new Map<string | null, Sum>();

  /** @param currency of costs that state none. */
  constructor(periods: Periods, currency: string) {
    this.#periods = periods;
    this.#currency = currency;
  }

  /** Adds a step of the range; others are left out. */
  add(step: Step): void {
    if (step.type !== "track" || step.name === null || periodAt(this.#periods, step.time) === null) return;
    const campaign = propertyOf(step, "campaign") ?? propertyOf(step, "name") ?? step.campaign_name;
    if (isOneOf(countedEvents.impressions, step.name)) this.#sumOf(campaign).impressions += 1;
    else if (isOneOf(countedEvents.clicks, step.name)) this.#sumOf(campaign).clicks += 1;
    else if (step.name === countedEvents.campaignCost) {
      const cost = parseDecimal(propertyOf(step, "cost") ?? "");
      if (cost !== null) this.addCost(campaign, step.currency ?? this.#currency, microsOf(cost) ?? 0n);
    }
  }

  addCost(campaign: string | null, currency: string, micros: bigint): void {
    const { cost } = this.#sumOf(campaign);
    cost.set(currency, (cost.get(currency) ?? 0n) + micros);
  }

  /** Campaigns in the order of their names, those without one first. */
  rows(credits: ReadonlyMap<string | null, CampaignCredit>): CampaignRow[] {
    const names = [...new Set([...this.#sums.keys(), ...credits.keys()])];
    names.sort((a, b) => (a === null || b === null ? Number(b === null) - Number(a === null) : compareText(a, b)));
    return names.map((campaign) =>
      rowOf(campaign, this.#sums.get(campaign) ?? noSum(), credits.get(campaign) ?? noCredit()),
    );
  }

  #sumOf(campaign: string | null): Sum {
    return entryOf(this.#sums, campaign, noSum);
  }
}

function rowOf(campaign: string | null, { impressions, clicks, cost }: Sum, credit: CampaignCredit): CampaignRow {
  const { orders, newPayingUsers, revenue } = credit;
  const money = [...new Set([...cost.keys(), ...revenue.keys()])].sort(compareText).map((currency) => {
    const [spent, earned] = [cost.get(currency) ?? 0n, revenue.get(currency) ?? 0n];
    const per = (count: number): string | null => (count === 0 ? null : formatDecimal(divideMicros(spent, count)));
    const value: CampaignMoney = {
      cost: formatDecimal(spent),
      revenue: formatDecimal(earned),
      cpc: per(clicks),
      cpa: per(orders),
      cac: per(newPayingUsers),
      roas: spent === 0n ? null : formatDecimal(divideDecimals(earned, spent)),
    };
    return [currency, value] as const;
  });
  const ctr = impressions === 0 ? null : clicks / impressions;
  return { campaign, impressions, clicks, ctr, orders, newPayingUsers, byCurrency: Object.fromEntries(money) };
}

function noSum(): Sum {
  return { impressions: 0, clicks: 0, cost: new Map() };
}

function isOneOf(names: readonly string[], name: string): boolean {
  return names.includes(name);
}
