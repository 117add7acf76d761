import { textField } from "@sluice/schema";
import { Hono } from "hono";
import { adminBody } from "../admin-fields.ts";
import { dayMs, dayText, parseDay } from "../day.ts";
import { hourRange } from "../hour-range.ts";
import { conditionsOf, lagLimitMs } from "../jobs/alerts.ts";
import { invalid, notFound, type Problem } from "../problem.ts";
import type { Env } from "./env.ts";
import { JobStore } from "./job-store.ts";
import { runJob } from "./job-tick.ts";
import { daysPerStep, goOnRebuilding, rebuildDays } from "./job-work.ts";
import { refuse } from "./reply.ts";
import { type ProjectState, RollupStore } from "./rollup-store.ts";

/** Runs that an answer lists. */
const runsMax = 100;
/** Days that one backfill may span. */
const backfillDaysMax = 3_660;

const busy: Problem = {
  status: 503,
  title: "Busy",
  detail: "Another run holds the lease; ask again in a minute.",
};

/** `GET /v1/admin/jobs`: where each job stands, the last runs, and what is wrong. */
export const jobRoutes = new Hono<{ Bindings: Env }>();

jobRoutes.get("/", async (context) => {
  const store = new JobStore(context.env.DB);
  const states = await store.states();
  const projects = await new RollupStore(context.env.DB).projects();
  const time = (ms: number): string => new Date(ms).toISOString();
  const runs = (await store.runs(runsMax)).map(({ startedMs, endedMs, counts, ...run }) => {
    return { ...run, startedAt: time(startedMs), ms: endedMs - startedMs, counts };
  });
  const jobs = states.map(({ dueMs, step, ...state }) => ({ ...state, dueAt: time(dueMs), step }));
  const problems = conditionsOf(projects, states, Date.now(), lagLimitMs(context.env.ALERT_LAG_SECONDS));
  return context.json({ jobs, runs, problems });
});

/** Operator's jobs of one project, mounted at `/v1/admin/projects`. Each call is one step; its `cursor` leads to the next. */
export const projectJobRoutes = new Hono<{ Bindings: Env }>();

/** Builds the days of a range anew. */
projectJobRoutes.post("/:project/backfill", async (context) => {
  const body = adminBody(await context.req.text());
  if (!body.ok) return refuse(context, body.error);
  const range = hourRange(textField(body.value, "from"), textField(body.value, "to"), backfillDaysMax);
  if (!range.ok) return refuse(context, range.error);
  const first = dayText(Math.floor(range.value.fromMs / dayMs) * dayMs);
  const step = backfillStep(textField(body.value, "cursor") ?? first);
  if (step === null) return refuse(context, invalid("cursor", "cursor must be that of an earlier answer."));
  const project = await projectState(context.env, context.req.param("project"));
  if (project === null) return refuse(context, notFound);
  const days: number[] = [];
  for (let day = step.fromMs; day < range.value.toMs && days.length < daysPerStep; day += dayMs) days.push(day);
  const startedMs = Date.now();
  const rebuilt = step.isBegun
    ? await goOnRebuilding(context.env, project.project)
    : await rebuildDays(context.env, project.project, days, true);
  // Another run holds the lease: the same step is asked for again.
  if (rebuilt === null) return context.json({ days: 0, cursor: dayText(step.fromMs) });
  const counts = { days: rebuilt.built };
  const run = { job: "backfill", project: project.project, startedMs, endedMs: Date.now(), counts } as const;
  if (rebuilt.built > 0) await new JobStore(context.env.DB).noteRun({ ...run, outcome: "done", error: null });
  if (!rebuilt.isFinished) return context.json({ ...counts, cursor: `${dayText(step.fromMs)}${begun}` });
  const nextMs = step.fromMs + days.length * dayMs;
  return context.json({ ...counts, cursor: nextMs < range.value.toMs ? dayText(nextMs) : null });
});

/** Behind the first day of a step, in a cursor: its days are marked, and not all of them built. */
const begun = "+";

function backfillStep(cursor: string): { readonly fromMs: number; readonly isBegun: boolean } | null {
  const isBegun = cursor.endsWith(begun);
  const fromMs = parseDay(isBegun ? cursor.slice(0, -begun.length) : cursor);
  return fromMs === null ? null : { fromMs, isBegun };
}

/** Compares what the lake holds with what was rolled up, and mends it. */
projectJobRoutes.post("/:project/reconcile", async (context) => {
  const body = adminBody(await context.req.text());
  if (!body.ok) return refuse(context, body.error);
  const step = textField(body.value, "cursor") ?? "";
  if (step !== "" && parseDay(step) === null) {
    return refuse(context, invalid("cursor", "cursor must be that of an earlier answer."));
  }
  const project = await projectState(context.env, context.req.param("project"));
  if (project === null) return refuse(context, notFound);
  const store = new JobStore(context.env.DB);
  const state = { job: "reconcile", project: project.project, dueMs: 0, failures: 0, step } as const;
  const run = await runJob(context.env, store, "reconcile", project, state, true);
  if (run.outcome === "busy") return refuse(context, busy);
  if (run.outcome === "failed") {
    return refuse(context, { status: 502, title: "Reconcile failed", detail: "See GET /v1/admin/jobs." });
  }
  return context.json({ ...run.counts, cursor: run.step === "" ? null : run.step });
});

async function projectState(env: Env, name: string): Promise<ProjectState | null> {
  return (await new RollupStore(env.DB).projects()).find(({ project }) => project === name) ?? null;
}
