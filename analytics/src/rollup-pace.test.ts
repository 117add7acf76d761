import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type AnalyticsHarness, startAnalytics } from "../testing/harness.ts";
import { PublishedLake } from "../testing/published-lake.ts";
import { firstDayMs, rowFrom, visit } from "../testing/rows.ts";
import { isComplete } from "./day.ts";
import {
  buildsLateDays,
  countsTrail,
  isDue,
  isQuestionNoted,
  nextRollupMs,
  recountsLinkedDays,
  rollupPaceMs,
} from "./rollup-pace.ts";

const hour = 3_600_000;
const paceMs = 900_000;

test("A28: a project rests after a roll-up, longer after a large one, two hours at most; without a pace not at all", () => {
  expect(nextRollupMs(1000, 0, paceMs)).toBe(1000 + paceMs);
  expect(nextRollupMs(1000, 4_000_000, paceMs)).toBe(1000 + 2_000_000);
  expect(nextRollupMs(1000, 1e9, paceMs)).toBe(1000 + 2 * hour);
  expect(nextRollupMs(1000, 1e9, 0)).toBe(1000);
  expect(rollupPaceMs("900")).toBe(paceMs);
  for (const text of [undefined, "", "0", "-1", "soon", "1e9"]) expect(rollupPaceMs(text)).toBe(0);
});

test("A29: days that only a new link touches are counted once a day; without a pace by every run", () => {
  const midnight = 20_000 * 24 * hour;
  expect(recountsLinkedDays(midnight + hour, midnight, paceMs)).toBe(false);
  expect(recountsLinkedDays(midnight, midnight - 1, paceMs)).toBe(true);
  expect(recountsLinkedDays(midnight + hour, midnight, 0)).toBe(true);
});

test("A68: weekly and returning users are counted once in six hours and in the first run; without a pace by every run", () => {
  const six = 20_000 * 24 * hour + 6 * hour;
  expect(countsTrail(six + 6 * hour - 1, six, paceMs)).toBe(false);
  expect(countsTrail(six, six - 1, paceMs)).toBe(true);
  expect(countsTrail(six + 1, 0, paceMs)).toBe(true);
  expect(countsTrail(six + 1, six, 0)).toBe(true);
});

test("A31: late days are built once in six hours, without a pace by every run; a day is late once it was complete", () => {
  const six = 20_000 * 24 * hour + 6 * hour;
  expect(buildsLateDays(six + 6 * hour - 1, six, paceMs)).toBe(false);
  expect(buildsLateDays(six, six - 1, paceMs)).toBe(true);
  expect(buildsLateDays(six + 1, six, 0)).toBe(true);
  const day = 20_000 * 24 * hour;
  expect(isComplete(day, day + 26 * hour - 1)).toBe(false);
  expect(isComplete(day, day + 26 * hour)).toBe(true);
});

test("A32: a project that nobody asked about for an hour pauses twice as long, an hour at most", () => {
  const nowMs = 20_000 * 24 * hour;
  const turn = (rested: number, pause: number, askedMs: number) =>
    isDue({ asOfMs: nowMs - rested, dueMs: nowMs - rested + pause, askedMs }, nowMs, paceMs);
  const asked = nowMs - hour + 1;
  const unasked = nowMs - hour;
  expect([turn(paceMs - 1, paceMs, asked), turn(paceMs, paceMs, asked)]).toEqual([false, true]);
  expect([turn(2 * paceMs - 1, paceMs, unasked), turn(2 * paceMs, paceMs, unasked)]).toEqual([false, true]);
  expect([turn(hour - 1, hour - 1, unasked), turn(hour, hour - 1, unasked)]).toEqual([false, true]);
  expect([turn(hour - 1, hour, unasked), turn(hour, hour, unasked)]).toEqual([false, true]);
  expect(isDue({ asOfMs: nowMs, dueMs: 0, askedMs: 0 }, nowMs, paceMs)).toBe(true);
  expect(isDue({ asOfMs: nowMs, dueMs: nowMs + hour, askedMs: 0 }, nowMs, 0)).toBe(true);
});

test("A32: questions are noted once in ten minutes", () => {
  expect(isQuestionNoted(hour, 0)).toBe(true);
  expect(isQuestionNoted(hour, hour - 600_000)).toBe(true);
  expect(isQuestionNoted(hour, hour - 599_999)).toBe(false);
});

describe("cron, with a pace", () => {
  let worker: AnalyticsHarness;
  let lake: PublishedLake;
  beforeAll(async () => {
    worker = await startAnalytics({ ROLLUP_SECONDS: "1800" });
  });
  beforeEach(async () => {
    await worker.reset();
    await worker.admin("POST", "projects", { project: "shop" });
    lake = new PublishedLake(worker, "shop");
  });
  afterAll(async () => worker.close());

  const rest = async (ms: number): Promise<unknown> =>
    worker.sql("UPDATE project_rollup SET due_at = due_at - ?1, as_of = as_of - ?1, asked_at = asked_at - ?1", ms);
  const counted = async (project = "shop"): Promise<unknown> => {
    const sql = `SELECT json_extract(body, '$.rows') AS n FROM rollup WHERE family = 'counts' AND project = ? ORDER BY day`;
    return (await worker.sql(sql, project)).map((row) => row["n"]);
  };
  /** Lets cron run until it has counted this; after a run it rests for as long as that took. */
  const untilCounted = async (rows: readonly number[], project = "shop"): Promise<void> => {
    const countedByCron = async (): Promise<unknown> => {
      await worker.scheduled();
      return counted(project);
    };
    await expect.poll(countedByCron, { timeout: 30_000, interval: 200 }).toEqual(rows);
  };
  const lateDays = async (): Promise<unknown> => (await worker.sql("SELECT late_days FROM project_rollup"))[0];

  test("A31: late events of a complete day wait for the next six hours, those of others do not, and a flush counts all", async () => {
    const makeDue = async (): Promise<unknown> =>
      worker.sql("UPDATE project_rollup SET due_at = 0, asked_at = 9000000000000");
    const now = Date.now();
    const today = (anonymousId: string) => ({ ...rowFrom(visit("page", anonymousId, 1)), time: now });
    await lake.publish([rowFrom(visit("page", "a1", 0))]);
    await untilCounted([1]);
    await makeDue();
    await lake.publish([rowFrom(visit("page", "a2", 0)), today("a1")]);
    await untilCounted([1, 1]);
    expect(await lateDays()).toEqual({ late_days: `[${firstDayMs}]` });
    await rest(6 * 3_600_000);
    await untilCounted([2, 1]);
    expect(await lateDays()).toEqual({ late_days: "[]" });
    await makeDue();
    await lake.publish([rowFrom(visit("page", "a3", 0)), today("a2")]);
    await untilCounted([2, 2]);
    expect((await worker.admin("POST", "flush")).status).toBe(200);
    expect(await counted()).toEqual([3, 2]);
    expect(await lateDays()).toEqual({ late_days: "[]" });
  }, 90_000);

  test("A32: after half an hour cron comes for those who asked, and after an hour for others", async () => {
    await worker.admin("POST", "projects", { project: "other" });
    const other = new PublishedLake(worker, "other");
    const token = ((await worker.admin("POST", "projects/other/tokens", { name: "t" })).json() as { token: string })
      .token;
    const ask = async (bearer: string) => {
      const path = "/v1/kpis?metrics=events&from=2026-03-01&to=2026-03-03&interval=day";
      return (await worker.fetch(path, { authorization: `Bearer ${bearer}` })).status;
    };
    const asked = async (): Promise<unknown> =>
      (await worker.sql("SELECT project FROM project_rollup WHERE asked_at > 0")).map((row) => row["project"]);
    const publishOn = async (day: number): Promise<void> => {
      for (const published of [lake, other]) await published.publish([rowFrom(visit("page", "a1", day))]);
    };
    await publishOn(0);
    await untilCounted([1]);
    await untilCounted([1], "other");
    await publishOn(1);
    await rest(1_800_000);
    expect([await ask(token), await ask("slr_unknown")]).toEqual([200, 401]);
    await expect.poll(asked).toEqual(["other"]);
    await untilCounted([1, 1], "other");
    expect(await counted()).toEqual([1]);
    await rest(1_800_000);
    await untilCounted([1, 1]);
  }, 90_000);
});
