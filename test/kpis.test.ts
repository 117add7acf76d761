import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Oracle, oracleOver } from "../analytics/testing/oracle.ts";
import { behaviourAgreement } from "./kpis/behaviour-agreement.ts";
import { groupAgreement, kpiAgreement } from "./kpis/kpi-agreement.ts";
import { differencesOf, type Made } from "./kpis/made.ts";
import { feed } from "./kpis/orders.ts";
import { type Population, populationOf } from "./kpis/population.ts";
import { WorkerdWorld } from "./kpis/workerd-world.ts";
import { copyEvents, type KpiWorld, LocalWorld } from "./kpis/world.ts";

/*
 * Every KPI against DuckDB, over a small population that is fed in several orders. `npm run oracle` does the same with 20,000
 * users and 400,000 events.
 */
describe("a population", () => {
  const population = populationOf({ users: 150, events: 1_500, days: 46 });
  let world: LocalWorld;
  let made: Made;
  let oracle: Oracle;
  beforeAll(async () => {
    world = await LocalWorld.start();
    made = (await feed(world, population, 0)).made;
    const folder = await mkdtemp(join(tmpdir(), "sluice-kpis-"));
    await copyEvents(world.lake, folder);
    oracle = await oracleOver(folder);
    await rm(folder, { recursive: true });
  }, 300_000);
  afterAll(async () => {
    oracle?.close();
    await world?.close();
  });

  test("A60: any order of arrival, late, twice or sent again, gives the same rows, marts and roll-ups", async () => {
    expect(made.counts.rows).toBe(population.events);
    for (const [seed, idsPerPass] of [
      [3, ""],
      [2, "50"],
    ] as const) {
      const other = await fedTo(await LocalWorld.start(idsPerPass), population, seed);
      expect(differencesOf(made, other, idsPerPass === ""), `seed ${seed}`).toEqual([]);
      expect(other.counts.marts > made.counts.marts).toBe(idsPerPass !== "");
    }
    expect(made.rollupsOfDayMax).toBeLessThanOrEqual(200);
  }, 300_000);

  test("A61: every KPI equals DuckDB's recount, in five zones and by every interval", async () => {
    const { differences, equal } = await kpiAgreement(world, oracle);
    expect(differences).toEqual([]);
    expect(equal).toBeGreaterThan(10_000);
  }, 300_000);

  test("A62: active users by event and by a declared dimension, and with bots, equal DuckDB's recount", async () => {
    const { differences, equal } = await groupAgreement(world, oracle);
    expect(differences).toEqual([]);
    expect(equal).toBeGreaterThan(100);
  }, 300_000);

  test("A190: every behavioural KPI equals DuckDB's recount of a population with aliases, late and duplicated arrivals", async () => {
    const { differences, equal } = await behaviourAgreement(world, oracle);
    expect(differences).toEqual([]);
    expect(equal).toBeGreaterThan(1_000);
  }, 300_000);
});

test("A191: queue, logs, R2 and D1 of workerd make the same of a population as the same code in process", async () => {
  const population = populationOf({ users: 30, events: 150, days: 6 });
  const expected = await fedTo(await LocalWorld.start(), population, 0);
  expect(differencesOf(expected, await fedTo(await WorkerdWorld.start(), population, 4), false)).toEqual([]);
  expect(expected.counts.rows).toBe(150);
}, 300_000);

async function fedTo(world: KpiWorld, population: Population, seed: number): Promise<Made> {
  try {
    return (await feed(world, population, seed)).made;
  } finally {
    await world.close();
  }
}
