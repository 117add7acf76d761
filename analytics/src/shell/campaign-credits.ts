import { ok, type Result } from "@sluice/schema";
import type { AttributedItem } from "../behaviour/attribution.ts";
import { attributionMsMax } from "../behaviour/attribution.ts";
import { type CampaignCredit, CampaignFold, orderEvent } from "../behaviour/campaign-fold.ts";
import { isNamed } from "../behaviour/event-name.ts";
import { type CampaignNumbers, campaignNumbers, type CostOfDay } from "../campaign-numbers.ts";
import { dayMs, dayText, parseDay } from "../day.ts";
import type { EventNumbers } from "../event-numbers.ts";
import type { KpiQuestion } from "../kpi-params.ts";
import { metrics, needsCosts } from "../metrics.ts";
import { earliestDay } from "../number-sources.ts";
import type { Periods } from "../period.ts";
import type { Problem } from "../problem.ts";
import type { LocalDays } from "../time-zone.ts";
import { type BehaviourReader, withinBudget } from "./behaviour-question.ts";
import type { Env } from "./env.ts";

/** What campaigns cost in the periods of a question and, where it asks for that, what is credited to them. */
export async function readCampaigns(
  env: Pick<Env, "DB" | "LAKE">,
  { project, currency }: { readonly project: string; readonly currency: string },
  question: KpiQuestion,
  events: EventNumbers,
  local: LocalDays,
): Promise<Result<CampaignNumbers, Problem>> {
  const asked = question.metrics.flatMap((name) => metrics.get(name) ?? []);
  if (!asked.some(needsCosts)) return ok(campaignNumbers(question, events, [], new Map()));
  const fromDay = earliestDay(question);
  const uploaded = await uploadedCosts(env.DB, project, fromDay, question.toDay);
  const [fromMs, toMs] = [local.startMs(fromDay), local.startMs(question.toDay)];
  const whole = { start: "", firstDay: fromDay, fromMs, toMs };
  const isSpent = uploaded.length > 0 || events.costs(whole).size > 0;
  // Where nothing was spent there is no currency to answer in, and nothing is read.
  const needsCredits = isSpent && asked.some(({ origin }) => origin === "costs and credits");
  const credits = needsCredits
    ? await creditsOf(env, { project, currency }, question, { fromDay, local })
    : ok<ReadonlyMap<number, CampaignCredit>>(new Map());
  return credits.ok ? ok(campaignNumbers(question, events, uploaded, credits.value)) : credits;
}

async function uploadedCosts(db: D1Database, project: string, fromDay: number, toDay: number): Promise<CostOfDay[]> {
  // A sum may have more digits than a double holds.
  const sql = `SELECT day, currency, CAST(sum(micros) AS TEXT) AS micros FROM campaign_cost
    WHERE project = ? AND day >= ? AND day < ? GROUP BY day, currency`;
  const bound = db.prepare(sql).bind(project, dayText(fromDay * dayMs), dayText(toDay * dayMs));
  const { results } = await bound.all<{ day: string; currency: string; micros: string }>();
  return results.map(({ day, currency, micros }) => {
    return { day: (parseDay(day) ?? 0) / dayMs, currency, micros: BigInt(micros) };
  });
}

async function creditsOf(
  env: Pick<Env, "DB" | "LAKE">,
  { project, currency }: { readonly project: string; readonly currency: string },
  { interval, toDay }: KpiQuestion,
  { fromDay, local }: { readonly fromDay: number; readonly local: LocalDays },
): Promise<Result<ReadonlyMap<number, CampaignCredit>, Problem>> {
  if (interval === "hour") throw new Error("credits are not told by hour");
  const periods: Periods = { days: local, interval, fromDay, toDay };
  return withinBudget(env, project, async (reader) =>
    readCredits(reader, periods, new CampaignFold(periods, currency, (period) => period)),
  );
}

/** Reads touches and orders of a range, and all orders before it: who orders for the first time is known from the whole history. */
export async function readCredits<Key>(
  reader: BehaviourReader,
  { days, fromDay, toDay }: Periods,
  fold: CampaignFold<Key>,
): Promise<ReadonlyMap<Key, CampaignCredit>> {
  const [fromMs, toMs] = [days.startMs(fromDay), days.startMs(toDay)];
  const userOf = await reader.users(days);
  const items = async function* (): AsyncGenerator<AttributedItem[]> {
    for await (const sessions of reader.sessions({ fromMs: fromMs - attributionMsMax, toMs })) {
      yield sessions.map((session) => ({ kind: "touch", session }));
    }
    for await (const steps of reader.steps({ fromMs: 0, toMs })) {
      yield steps.filter((step) => isNamed(step, orderEvent)).map((step) => ({ kind: "conversion", step }));
    }
  };
  return reader.fold(fold, items, (item) => {
    if (item.kind === "conversion") return userOf(item.step.user_id, item.step.anonymous_id, item.step.time);
    return userOf(item.session.user_id, item.session.anonymous_id, item.session.start_time);
  });
}

/** Uploaded costs of local days by campaign and currency. */
export async function uploadedByCampaign(
  db: D1Database,
  project: string,
  { fromDay, toDay }: Periods,
): Promise<readonly { readonly campaign: string; readonly currency: string; readonly micros: bigint }[]> {
  // The sum of many days may need more than 64 bits; those of its halves do not.
  const sql = `SELECT campaign, currency, sum(micros / 1000000) AS units, sum(micros % 1000000) AS rest FROM campaign_cost
    WHERE project = ? AND day >= ? AND day < ? GROUP BY campaign, currency`;
  const bound = db.prepare(sql).bind(project, dayText(fromDay * dayMs), dayText(toDay * dayMs));
  const { results } = await bound.all<{ campaign: string; currency: string; units: number; rest: number }>();
  return results.map(({ campaign, currency, units, rest }) => {
    return { campaign, currency, micros: BigInt(units) * 1_000_000n + BigInt(rest) };
  });
}
