import { expect, test } from "vitest";
import { dayMs } from "../day.ts";
import { alertChanges, conditionsOf } from "./alerts.ts";
import { dueJobs, type JobState, stateAfter } from "./job-plan.ts";

const nowMs = 1_000 * dayMs;
const state: JobState = { job: "reconcile", project: "a", dueMs: nowMs, failures: 0, step: "" };

test("A137: pauses double from two minutes to an hour", () => {
  const failed = { outcome: "failed", isNoted: true, counts: {}, step: "", pauseMs: 0 } as const;
  let held = state;
  const pauses: number[] = [];
  for (let i = 0; i < 7; i++) {
    held = stateAfter(held, failed, nowMs);
    pauses.push((held.dueMs - nowMs) / 60_000);
  }
  expect(pauses).toEqual([2, 4, 8, 16, 32, 60, 60]);
  expect(stateAfter(held, { ...failed, outcome: "done", pauseMs: 5 }, nowMs)).toMatchObject({
    failures: 0,
    dueMs: nowMs + 5,
  });
});

test("A138: jobs of new projects are spread over a day, definitions run at once and after a change, and a tick runs few", () => {
  const { due, fresh } = dueJobs(["a", "b"], [state], 7, nowMs);
  expect(due.map(({ job, project }) => `${job} ${project}`).sort()).toEqual([
    "definitions a",
    "definitions b",
    "reconcile a",
  ]);
  expect(fresh).toHaveLength(5);
  for (const { dueMs } of fresh) expect(dueMs - nowMs).toBeLessThan(dayMs);
  const settled = { ...state, job: "definitions", step: "7" } as const;
  expect(dueJobs(["a"], [settled], 7, nowMs).due).toEqual([]);
  expect(dueJobs(["a"], [settled], 8, nowMs).due).toMatchObject([{ job: "definitions" }]);
  const many = Array.from({ length: 50 }, (_, i) => `p${i}`);
  expect(dueJobs(many, [], 7, nowMs).due).toHaveLength(8);
});

test("A143: a condition is raised once, and one that comes and goes not again within the hour", () => {
  const projects = [{ project: "a", asOfMs: nowMs - 20_000 }];
  const conditions = conditionsOf(projects, [{ ...state, failures: 3 }], nowMs, 10_000);
  expect(conditions.map(({ kind, count }) => [kind, count])).toEqual([
    ["job_failing", 3],
    ["lag", 20],
  ]);
  expect(conditionsOf(projects, [{ ...state, failures: 2 }], nowMs, 30_000)).toEqual([]);
  const row = { id: "x", raisedMs: nowMs - 60_000, sentMs: nowMs, tries: 1, nextMs: 0 };
  const alerts = conditions.map((condition) => ({ ...condition, ...row }));
  expect(alertChanges(conditions, alerts, nowMs)).toEqual({ raised: [], ended: [] });
  expect(alertChanges([], alerts, nowMs).ended).toEqual([]);
  expect(alertChanges([], alerts, nowMs + 3_600_000).ended).toEqual(alerts);
});
