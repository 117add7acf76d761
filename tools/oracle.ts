/*
 * `npm run oracle`: every KPI of a large made-up population against DuckDB, and the same population in other orders of arrival.
 * Called by contributors through tools/bootstrap.mjs; `npm test` does the same with a small one. It ends with 1 where an order
 * makes something else, or where the two engines do not agree.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { oracleOver } from "../analytics/testing/oracle.ts";
import type { Agreement } from "../test/kpis/agreement.ts";
import { behaviourAgreement } from "../test/kpis/behaviour-agreement.ts";
import { groupAgreement, kpiAgreement } from "../test/kpis/kpi-agreement.ts";
import { differencesOf } from "../test/kpis/made.ts";
import { oracleOptionsOf, oracleUsage } from "../test/kpis/options.ts";
import { feed } from "../test/kpis/orders.ts";
import { populationOf } from "../test/kpis/population.ts";
import { WorkerdWorld } from "../test/kpis/workerd-world.ts";
import { copyEvents, type KpiWorld, LocalWorld } from "../test/kpis/world.ts";

const days = 60;
/** Ids of a day that one of the orders rolls up at once: its days are built in several passes. */
const fewIdsPerPass = "10000";

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const parsed = oracleOptionsOf(args);
  if ("problem" in parsed) {
    console.error(`${parsed.problem}\n\n${oracleUsage}`);
    return 1;
  }
  const { users, events, orders, hasWorkerd } = parsed.options;
  const population = populationOf({ users, events, days });
  const { messages, resent, resentEvents } = population;
  console.log(`${users} users, ${events} events in ${messages.length} messages over ${days} days`);
  console.log(`${resentEvents} of them sent again in ${resent.length} messages; 5 % of all messages delivered twice`);
  const first = await LocalWorld.start();
  const { made } = await feed(first, population, 0);
  const { rows, marts, martRows, rollups } = made.counts;
  console.log(
    `${rows} rows in the lake, ${martRows} in ${marts} marts, ${rollups} in D1 (${made.rollupsOfDayMax} on a day)`,
  );
  let failures = rows === events ? 0 : 1;
  failures += await agreements(first);
  await first.close();
  for (let seed = 1; seed < orders; seed++) {
    const isOnWorkerd = hasWorkerd && seed === orders - 1;
    const isSliced = !isOnWorkerd && seed === 2;
    const where = isOnWorkerd ? " on workerd" : isSliced ? ` with ${fewIdsPerPass} ids a pass` : "";
    const world = isOnWorkerd ? await WorkerdWorld.start() : await LocalWorld.start(isSliced ? fewIdsPerPass : "");
    const fed = await feed(world, population, seed);
    await world.close();
    const differences = differencesOf(made, fed.made, !isOnWorkerd && !isSliced);
    const verdict = differences.length === 0 ? "the same" : `other ${differences.join(", ")}`;
    console.log(`order ${seed + 1} of ${orders}${where}: ${fed.deliveries} deliveries, ${verdict}`);
    failures += differences.length;
  }
  console.log(failures === 0 ? "All orders made the same, and DuckDB counts the same." : `${failures} things differ.`);
  return failures === 0 ? 0 : 1;
}

/** Compares all KPIs with DuckDB's recount of the lake; returns how many differ. */
async function agreements(world: KpiWorld): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-oracle-"));
  try {
    await copyEvents(world.lake, folder);
    const oracle = await oracleOver(folder);
    let failures = 0;
    for (const [what, compare] of [
      ["KPIs in five zones by hour, day, week and month", kpiAgreement],
      ["active users by event, by country and with bots", groupAgreement],
      ["sessions, funnels, retention, paths, experiments, attribution and lifetime value", behaviourAgreement],
    ] as const) {
      failures += report(what, await compare(world, oracle));
    }
    oracle.close();
    return failures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(what: string, { equal, differences }: Agreement): number {
  console.log(
    `${what}: ${equal} numbers equal DuckDB's, ${differences.length === 0 ? "none differs" : "these differ"}`,
  );
  for (const line of differences) console.log(`  ${line}`);
  return differences.length;
}
