import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Json, JsonObject } from "@sluice/schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AnalyticsHarness, startAnalytics } from "../testing/harness.ts";
import { schemaViolations } from "../testing/json-schema.ts";
import { PublishedLake } from "../testing/published-lake.ts";
import { ask, tokenOf } from "../testing/query-world.ts";
import { eventsOf, firstDayMs, rowFrom } from "../testing/rows.ts";
import { ledgerAnswer } from "./ledger-answer.ts";
import { metricNames } from "./metrics.ts";
import { queryOpenApi } from "./query-openapi.ts";
import { publicRoutes } from "./query-routes.ts";
import { querySchemas } from "./query-schemas.ts";

const range = "from=2026-02-28&to=2026-05-20";
const schemas: Record<string, JsonObject> = { ...querySchemas };

/** Routes of the app outside of the admin API and the page, as its sources state them. */
function mountedRoutes(): string[] {
  const folder = import.meta.dirname;
  const index = readFileSync(join(folder, "index.ts"), "utf8");
  const own = [...index.matchAll(/app\.(get|post|put|delete)\(\s*"(\/v1\/[^"]+)"/g)];
  const groups = [...index.matchAll(/app\.route\("\/v1", (\w+)\)/g)].map((match) => match[1] ?? "");
  const sources = globSync("shell/**/*.ts", { cwd: folder }).map((file) => readFileSync(join(folder, file), "utf8"));
  const grouped = groups.flatMap((name) =>
    sources.flatMap((source) => [
      ...source.matchAll(new RegExp(`\\b${name}\\.(get|post|put|delete)\\(\\s*"([^"]+)"`, "g")),
    ]),
  );
  const named = (method = "", path = ""): string => `${method.toUpperCase()} ${path}`;
  return [
    ...own.map(([, method, path]) => named(method, path)),
    ...grouped.map(([, method, path]) => named(method, `/v1${path}`)),
  ];
}

describe("OpenAPI of the query API", () => {
  let worker: AnalyticsHarness;
  let token = "";
  beforeAll(async () => {
    worker = await startAnalytics();
    await worker.admin("POST", "projects", { project: "shop" });
    token = await tokenOf(worker, "shop", ["kpis", "events", "users", "export", "costs"]);
    await new PublishedLake(worker, "shop").publish(eventsOf(9, 300).map(rowFrom));
    await worker.admin("POST", "rollup");
  }, 60_000);
  afterAll(async () => worker.close());

  test("A119: the API document lists every public route, and no other; it is served as it is generated", async () => {
    const documented = publicRoutes.map(({ method, path }) => `${method} ${path}`);
    expect(mountedRoutes().length).toBeGreaterThan(7);
    expect(mountedRoutes().toSorted()).toEqual(documented.toSorted());
    const served = await worker.fetch("/v1/openapi.json");
    expect(served.json()).toEqual(JSON.parse(JSON.stringify(queryOpenApi())));
    const references = [...served.text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1] ?? "");
    expect(references.filter((name) => schemas[name] === undefined)).toEqual([]);
    expect(Object.keys(schemas).filter((name) => !references.includes(name))).toEqual([]);
  });

  test("A120: answers and refusals keep the schemas of the document, with nothing that it does not state", async () => {
    const questions: [string, string, object?][] = [
      ["KpiAnswer", `/v1/kpis?metrics=${metricNames.join(",")}&${range}`],
      [
        "AdhocAnswer",
        "/v1/query",
        {
          from: "2026-02-28",
          to: "2026-05-20",
          interval: "week",
          groupBy: ["event", "currency"],
          measures: [{ fn: "avg", field: "revenue" }, { fn: "count" }],
        },
      ],
      ["CostsStored", "/v1/costs", { rows: [{ day: "2026-03-01", campaign: "spring", cost: 1.5 }] }],
      ["Costs", `/v1/costs?${range}`],
      ["KpiAnswer", `/v1/kpis?metrics=cost,cpc,cpa,cac,roas&${range}`],
      ["AdhocAnswer", "/v1/query", { from: "2026-02-28", to: "2026-05-20" }],
      ["EventCatalogue", `/v1/events?${range}&limit=2`],
      ["UserAnswer", `/v1/users/u1?${range}&limit=5`],
      ["Problem", "/nothing"],
      ["Problem", "/v1/users/nobody"],
      ["Problem", "/v1/events?limit=0"],
      ["LiveAnswer", "/v1/live"],
      ["LiveEvents", "/v1/live/events"],
      ["Health", "/v1/health"],
    ];
    for (const [name, path, body] of questions) {
      const reply = await ask(worker, token, path, body);
      expect(
        schemaViolations(reply.json() as Json, schemas[name] ?? {}, schemas),
        `${path} ${reply.text.slice(0, 300)}`,
      ).toEqual([]);
    }
    const counts = { source: "web", hourMs: firstDayMs, received: 4, stored: 3, duplicate: 1, rejected: 0 };
    const facts = { rows: [counts], arrivals: [], unpublished: 2 };
    const ledger = ledgerAnswer("shop", { fromMs: firstDayMs, toMs: firstDayMs + 3_600_000 }, null, facts, firstDayMs);
    expect(ledger.rows.length).toBe(1);
    expect(schemaViolations(JSON.parse(JSON.stringify(ledger)) as Json, schemas["Ledger"] ?? {}, schemas)).toEqual([]);
    expect(schemaViolations({ ok: true, more: 1 }, schemas["Health"] ?? {}, schemas)).toEqual([
      "$: more is not documented",
    ]);
    expect(schemaViolations({}, schemas["Health"] ?? {}, schemas)).toEqual(["$: ok is missing"]);
  });
});
