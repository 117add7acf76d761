import { type Browser } from "playwright-core";
import { afterAll, beforeAll, test, expect } from "vitest";
import type { SqlRow } from "./duckdb.ts";
import { faultNames } from "./conformance/faults.ts";
import { serveSdks } from "./conformance/pages.ts";
import { nodeSdkNames, type Outcome, runScenario, type Scenario, webSdkNames } from "./conformance/scenario.ts";
import { launchChromium, type PageServer, skipsBrowser } from "./judge/chromium.ts";
import { startWorld, type World } from "./judge/world.ts";

const withBrowser = !skipsBrowser();
const scenarios: readonly Scenario[] = [...nodeSdkNames, ...(withBrowser ? webSdkNames : [])].flatMap((sdk) =>
  faultNames.map((fault) => ({ sdk, fault, source: `${sdk}-${fault.replace(" ", "-")}` })),
);
let world: World;
let browser: Browser | null = null;
let server: PageServer | null = null;
const outcomes = new Map<string, Outcome>();
let rows: SqlRow[] = [];

beforeAll(async () => {
  const t0 = performance.now();
  world = await startWorld();
  console.log("world", performance.now() - t0);
  if (withBrowser) {
    server = await serveSdks();
    browser = await launchChromium();
  }
  const pages = browser === null || server === null ? null : { browser, server };
  console.log("browser", performance.now() - t0);
  await Promise.all(
    scenarios.map(async (scenario) => {
      outcomes.set(scenario.source, await runScenario(world, scenario, pages));
      console.log(scenario.source, performance.now() - t0);
    }),
  );
  const lake = await world.settle();
  rows = await lake.rows("SELECT *, epoch_ms(time) AS at FROM events");
  console.log("settled", performance.now() - t0);
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await world?.close();
});
test.each(scenarios)("J10: $source", ({ source }) => {
  const o = outcomes.get(source)!;
  console.log(source, o.error, o.calls.length, rows.filter((r) => r["source"] === source).length,
   "\n" + o.requests.map((r) => `${r.method} ${r.path.slice(0,30)} ${JSON.stringify(r.treatment)} ${Math.round(r.atMs)} ${r.statuses} ${r.headers["x-retry-count"] ?? ""} ${r.headers["rsa-retry-attempt"] ?? ""} ${[...r.body.matchAll(/mark":"[^"]*-(\d+)"/g)].map((m) => m[1])}`).join("\n"));
  expect(o.error).toBe(null);
});
