import { Hono } from "hono";
import { type AttributedItem, AttributionFold, attributionMsMax } from "../behaviour/attribution.ts";
import { behaviourAnswer, type Tail } from "../behaviour/behaviour-answer.ts";
import { CampaignFold } from "../behaviour/campaign-fold.ts";
import { CampaignTable } from "../behaviour/campaign-table.ts";
import type { BehaviourKpiName } from "../behaviour/catalogue.ts";
import { isNamed } from "../behaviour/event-name.ts";
import { ExperimentFold } from "../behaviour/experiment.ts";
import { FunnelFold } from "../behaviour/funnel.ts";
import { LifetimeValueFold } from "../behaviour/lifetime-value.ts";
import { PathFold } from "../behaviour/paths.ts";
import type { DayInterval } from "../period.ts";
import {
  countParameter,
  eventParameter,
  rangeQuestion,
  type RangeQuestion,
  retentionMode,
} from "../behaviour/question.ts";
import { RetentionFold, returnDays } from "../behaviour/retention.ts";
import { type DeviceStep, idleMsMax, isOnDevice, sessionMsMax } from "../behaviour/session.ts";
import { SessionFold } from "../behaviour/session-kpis.ts";
import { dayMs } from "../day.ts";
import { invalid, notFound, type Problem } from "../problem.ts";
import { answerJson } from "./answer.ts";
import { type BehaviourReader, noteBehaviour, timeOf, withinBudget } from "./behaviour-question.ts";
import { readCredits, uploadedByCampaign } from "./campaign-credits.ts";
import type { Env } from "./env.ts";
import { funnelsOf, shownFunnel } from "./funnel-store.ts";
import { type Reader, readerOf } from "./read-token.ts";
import { type Ask, refuse } from "./reply.ts";

/** Sessions, funnels, retention, paths, experiments, attribution and lifetime value, for the project of the read token. */
export const behaviourRoutes = new Hono<{ Bindings: Env }>();

const order = { type: "track", name: "Order Completed" } as const;

behaviourRoutes.get("/sessions", async (context) => {
  return answered(context, "sessions", ["day", "week", "month"], [], async (asked) => ({
    tail: sessionTail,
    read: async (reader) => {
      const fold = new SessionFold(asked.periods);
      for await (const sessions of reader.sessions(timeOf(asked))) for (const session of sessions) fold.add(session);
      return { buckets: fold.answer() };
    },
  }));
});

behaviourRoutes.get("/funnels", async (context) => {
  const reader = await readerOf(context, "kpis");
  if (!reader.ok) return refuse(context, reader.error);
  const funnels = await funnelsOf(context.env.DB, reader.value.project);
  return answerJson(context, { project: reader.value.project, funnels: funnels.map(shownFunnel) });
});

behaviourRoutes.get("/funnels/:funnel", async (context) => {
  const reader = await readerOf(context, "kpis");
  if (!reader.ok) return refuse(context, reader.error);
  const [stored] = await funnelsOf(context.env.DB, reader.value.project, context.req.param("funnel"));
  if (stored === undefined) return refuse(context, notFound);
  const { windowMs } = stored.funnel;
  return answered(context, "funnels", ["day", "week", "month"], [], async (asked) => ({
    tail: { days: 0, ms: windowMs },
    read: async (behaviour) => {
      const { fromMs, toMs } = timeOf(asked);
      const fold = new FunnelFold(stored.funnel, asked.periods);
      const range = { fromMs, toMs: toMs + windowMs + 1 };
      return { funnel: shownFunnel(stored), buckets: await behaviour.byUser(fold, asked.periods.days, range) };
    },
  }));
});

behaviourRoutes.get("/retention", async (context) => {
  const names = ["mode", "periods", "ranges", "cohort", "return"];
  return answered(context, "retention", ["day", "week"], names, async (asked, search, { asOfMs }) => {
    const mode = retentionMode(search);
    if (!mode.ok) return mode.error;
    const cohortEvent = eventParameter(search, "cohort", null);
    if (!cohortEvent.ok) return cohortEvent.error;
    const returnEvent = eventParameter(search, "return", null);
    if (!returnEvent.ok) return returnEvent.error;
    const interval = asked.periods.interval === "week" ? "week" : "day";
    const question = { cohortEvent: cohortEvent.value, returnEvent: returnEvent.value, mode: mode.value };
    const fold = new RetentionFold({ ...question, periods: { ...asked.periods, interval } });
    return {
      tail: { days: returnDays(mode.value, interval), ms: 0 },
      read: async (reader) => {
        const cohorts = await reader.byUser(fold, asked.periods.days, { fromMs: 0, toMs: asOfMs + dayMs });
        return { mode: mode.value, cohorts };
      },
    };
  });
});

behaviourRoutes.get("/paths", async (context) => {
  return answered(context, "paths", ["day"], ["by", "after", "before", "limit"], async (asked, search) => {
    const by = search.get("by") ?? "page";
    if (by !== "page" && by !== "event") return invalid("by", "by must be page or event.");
    const limit = countParameter(search, "limit", 20, 500);
    if (!limit.ok) return limit.error;
    const [from, to] = [search.get("after"), search.get("before")];
    const fold = new PathFold({ by, from, to, limit: limit.value, periods: asked.periods });
    const { fromMs, toMs } = timeOf(asked);
    const range = { fromMs: fromMs - idleMsMax, toMs: toMs + sessionMsMax };
    const read = async (reader: BehaviourReader): Promise<object> => {
      const steps = async function* (): AsyncGenerator<DeviceStep[]> {
        for await (const some of reader.steps(range)) {
          yield some.filter(isOnDevice).filter((step) => step.time >= range.fromMs && step.time < range.toMs);
        }
      };
      return { by, ...(await reader.fold(fold, steps, (step) => step.anonymous_id)) };
    };
    return { tail: sessionTail, read };
  });
});

behaviourRoutes.get("/experiments/:experiment", async (context) => {
  const id = context.req.param("experiment");
  return answered(context, "experiments", ["day"], ["conversion", "control"], async (asked, search) => {
    const conversion = eventParameter(search, "conversion", order);
    if (!conversion.ok) return conversion.error;
    const control = search.get("control");
    const range = timeOf(asked);
    const fold = new ExperimentFold({ id, conversion: conversion.value, control, ...range });
    const read = async (reader: BehaviourReader): Promise<object> => {
      return { experiment: id, ...(await reader.byUser(fold, asked.periods.days, range)) };
    };
    return { tail: noTail, read };
  });
});

behaviourRoutes.get("/attribution", async (context) => {
  return answered(context, "attribution", ["day"], ["conversion"], async (asked, search, { currency }) => {
    const conversion = eventParameter(search, "conversion", order);
    if (!conversion.ok) return conversion.error;
    const { fromMs, toMs } = timeOf(asked);
    const fold = new AttributionFold(asked.periods, currency);
    const read = async (reader: BehaviourReader): Promise<object> => {
      const userOf = await reader.users(asked.periods.days);
      const items = async function* (): AsyncGenerator<AttributedItem[]> {
        for await (const sessions of reader.sessions({ fromMs: fromMs - attributionMsMax, toMs })) {
          yield sessions.map((session) => ({ kind: "touch", session }));
        }
        for await (const steps of reader.steps({ fromMs, toMs })) {
          yield steps.filter((step) => isNamed(step, conversion.value)).map((step) => ({ kind: "conversion", step }));
        }
      };
      return reader.fold(fold, items, (item) => {
        if (item.kind === "conversion") return userOf(item.step.user_id, item.step.anonymous_id, item.step.time);
        return userOf(item.session.user_id, item.session.anonymous_id, item.session.start_time);
      });
    };
    return { tail: noTail, read };
  });
});

behaviourRoutes.get("/campaigns", async (context) => {
  return answered(context, "campaigns", ["day"], [], async ({ periods }, _, { project, currency }) => {
    const read = async (reader: BehaviourReader): Promise<object> => {
      const table = new CampaignTable(periods, currency);
      const range = { fromMs: periods.days.startMs(periods.fromDay), toMs: periods.days.startMs(periods.toDay) };
      for await (const steps of reader.steps(range)) for (const step of steps) table.add(step);
      for (const { campaign, currency: stated, micros } of await uploadedByCampaign(context.env.DB, project, periods)) {
        table.addCost(campaign, stated, micros);
      }
      const fold = new CampaignFold(periods, currency, (_period, { campaign }) => campaign);
      return { campaigns: table.rows(await readCredits(reader, periods, fold)) };
    };
    return { tail: noTail, read };
  });
});

behaviourRoutes.get("/ltv", async (context) => {
  const intervals = ["day", "week", "month"] as const;
  return answered(context, "ltv", intervals, ["days"], async (asked, search, { asOfMs, currency }) => {
    const days = countParameter(search, "days", 30, 400);
    if (!days.ok) return days.error;
    const fold = new LifetimeValueFold(asked.periods, days.value, currency);
    const read = async (reader: BehaviourReader): Promise<object> => {
      return { cohorts: await reader.byUser(fold, asked.periods.days, { fromMs: 0, toMs: asOfMs + dayMs }) };
    };
    return { tail: { days: days.value - 1, ms: 0 }, read };
  });
});

const noTail: Tail = { days: 0, ms: 0 };
const sessionTail: Tail = { days: 0, ms: sessionMsMax };

/** A question whose parameters are in order. */
interface Prepared {
  /** How long after its range events still count for it. */
  readonly tail: Tail;
  readonly read: (reader: BehaviourReader) => Promise<object>;
}

/** Reads the rest of a question's parameters, or refuses them. */
type Prepare = (asked: RangeQuestion, search: URLSearchParams, reader: Reader) => Promise<Problem | Prepared>;

/**
 * The way of every question: token, parameters, budget, answer.
 *
 * @param names of its own parameters.
 */
async function answered(
  context: Ask,
  kpi: BehaviourKpiName,
  intervals: readonly DayInterval[],
  names: readonly string[],
  prepare: Prepare,
): Promise<Response> {
  const reader = await readerOf(context, "kpis");
  if (!reader.ok) return refuse(context, reader.error);
  const search = new URL(context.req.url).searchParams;
  const asked = rangeQuestion(search, names, intervals, reader.value.timezone);
  if (!asked.ok) return refuse(context, asked.error);
  const prepared = await prepare(asked.value, search, reader.value);
  if ("status" in prepared) return refuse(context, prepared);
  const { project, asOfMs } = reader.value;
  context.executionCtx.waitUntil(noteBehaviour(context.env.DB, project, Date.now()));
  const answer = await withinBudget(context.env, project, prepared.read);
  if (!answer.ok) return refuse(context, answer.error);
  const time = { asOfMs, tail: prepared.tail };
  return answerJson(context, behaviourAnswer(kpi, project, asked.value, time, answer.value));
}
