/*
 * The analytics Worker: registry and admin API, scheduled roll-ups from the lake to D1, query API, dashboard.
 * Called by cron every three minutes, by the operator's commands, and by whoever asks for numbers with a read token.
 * It never writes to the lake's events, never takes an event in (it sends kept ones to the queue again), and never shows one
 * project's numbers to another.
 */
import { Hono } from "hono";
import { notFound } from "./problem.ts";
import { queryOpenApi } from "./query-openapi.ts";
import { adhocRoutes } from "./shell/adhoc-routes.ts";
import { admin } from "./shell/admin.ts";
import { buildBehaviour } from "./shell/behaviour-build.ts";
import { behaviourRoutes } from "./shell/behaviour-routes.ts";
import { costRoutes } from "./shell/cost-routes.ts";
import { cors } from "./shell/cors.ts";
import { dashboard } from "./shell/dashboard.ts";
import { declaredRoutes } from "./shell/declared-routes.ts";
import type { Env } from "./shell/env.ts";
import { eventRoutes } from "./shell/event-routes.ts";
import { exportRoutes } from "./shell/export-routes.ts";
import { tickJobs } from "./shell/job-tick.ts";
import { ledgerRoutes } from "./shell/ledger-routes.ts";
import { liveRoutes } from "./shell/live-routes.ts";
import { publishRegistryIfStale } from "./shell/publish-registry.ts";
import { query } from "./shell/query.ts";
import { receiptRoutes } from "./shell/receipt-routes.ts";
import { refuse } from "./shell/reply.ts";
import { tickRollup } from "./shell/rollup-driver.ts";
import { userRoutes } from "./shell/user-routes.ts";

const app = new Hono<{ Bindings: Env }>();

app.use("/v1/*", cors);
app.get("/v1/health", (context) => context.json({ ok: true }, 200, { "cache-control": "no-store" }));
app.get("/v1/openapi.json", (context) =>
  context.json(queryOpenApi(), 200, { "cache-control": "public, max-age=3600" }),
);
app.route("/v1/admin", admin);
app.route("/v1", query);
app.route("/v1", ledgerRoutes);
app.route("/v1", receiptRoutes);
app.route("/v1", adhocRoutes);
app.route("/v1", behaviourRoutes);
app.route("/v1", eventRoutes);
app.route("/v1", userRoutes);
app.route("/v1", exportRoutes);
app.route("/v1", liveRoutes);
app.route("/v1", costRoutes);
app.route("/v1", declaredRoutes);
app.route("/", dashboard);
app.notFound((context) => refuse(context, notFound));
app.onError((error, context) => {
  console.error(JSON.stringify({ message: "request failed", path: context.req.routePath, error: String(error) }));
  return refuse(context, { status: 503, title: "Not available", detail: "Something failed on our side; try again." });
});

export default {
  fetch: app.fetch,
  async scheduled(_controller, env) {
    await publishRegistryIfStale(env, Date.now());
    await tickRollup(env);
    await tickJobs(env);
    await buildBehaviour(env, () => Date.now());
  },
} satisfies ExportedHandler<Env>;
