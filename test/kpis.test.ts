import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Oracle, oracleOver } from "../analytics/testing/oracle.ts";
import { behaviourAgreement } from "./kpis/behaviour-agreement.ts";
import { groupAgreement, kpiAgreement } from "./kpis/kpi-agreement.ts";
import type { Made } from "./kpis/made.ts";
import { feed } from "./kpis/orders.ts";
import { populationOf } from "./kpis/population.ts";
import { copyEvents, LocalWorld } from "./kpis/world.ts";

/*
 * Every KPI against DuckDB, over a small population that is fed in several orders. `npm run oracle` does the same with 20,000
 * users and 400,000 events.
 */
describe("a population", () => {
  const population = populationOf({ users: 300, events: 4_000 });
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
  });
  afterAll(async () => {
    oracle?.close();
    await world?.close();
  });

  test("A60: any order of arrival, late, twice or sent again, gives the same rows, marts and roll-ups", async () => {
    expect(made.counts.rows).toBe(population.events);
    for (const seed of [1, 2, 3]) {
      const other = await LocalWorld.start();
      expect((await feed(other, population, seed)).made, `seed ${seed}`).toEqual(made);
      await other.close();
    }
    expect(made.rollupsOfDayMax).toBeLessThanOrEqual(200);
  }, 120_000);

  test("A61: every KPI equals DuckDB's recount, in five zones and by every interval", async () => {
    const { differences, equal } = await kpiAgreement(world, oracle);
    expect(differences).toEqual([]);
    expect(equal).toBeGreaterThan(10_000);
  }, 120_000);

  test("A62: active users by event and by a declared dimension, and with bots, equal DuckDB's recount", async () => {
    const { differences, equal } = await groupAgreement(world, oracle);
    expect(differences).toEqual([]);
    expect(equal).toBeGreaterThan(100);
  }, 120_000);

  test("A190: every behavioural KPI equals DuckDB's recount of a population with aliases, late and duplicated arrivals", async () => {
    const { differences, equal } = await behaviourAgreement(world, oracle);
    expect(differences).toEqual([]);
    expect(equal).toBeGreaterThan(1_000);
  }, 120_000);
});
