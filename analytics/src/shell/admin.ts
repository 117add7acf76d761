import { type JsonObject, ok, type Result } from "@sluice/schema";
import { Hono } from "hono";
import {
  adminBody,
  allowedOriginsField,
  cookieDomainField,
  currencyField,
  dimensionsField,
  ipPolicyField,
  keyKindField,
  nameField,
  timezoneField,
  shardsField,
  tokenNameField,
} from "../admin-fields.ts";
import { invalid, notFound, type Problem } from "../problem.ts";
import { expiresField, scopesField } from "../read-scope.ts";
import { buildBehaviour } from "./behaviour-build.ts";
import { deadLetterRoutes } from "./dead-letter-routes.ts";
import type { Env } from "./env.ts";
import { flushPipeline } from "./flush.ts";
import { declaredAdminRoutes } from "./declared-routes.ts";
import { funnelRoutes } from "./funnel-routes.ts";
import { jobRoutes, projectJobRoutes } from "./job-routes.ts";
import { lakeRoutes } from "./lake-routes.ts";
import { adminLedgerRoutes } from "./ledger-routes.ts";
import { publishRegistry } from "./publish-registry.ts";
import { redriveRoutes } from "./redrive-routes.ts";
import { adminLiveRoutes } from "./live-routes.ts";
import { type ProjectSettings, RegistryStore } from "./registry-store.ts";
import { type Ask, refuse } from "./reply.ts";
import { replayRoutes } from "./replay-routes.ts";
import { tickRollup } from "./rollup-driver.ts";
import { resent } from "./send-again.ts";
import { isOperator, newId, newReadToken, sha256Hex, signWriteKey } from "./secrets.ts";

/** The operator's API, mounted at `/v1/admin`: registry, flush, lake. For anybody else there is nothing here. */
export const admin = new Hono<{ Bindings: Env }>();

admin.use(async (context, next) => {
  if (!isOperator(context.req.header("authorization"), context.env.OPERATOR_TOKEN)) return refuse(context, notFound);
  await next();
  context.header("cache-control", "no-store");
  return undefined;
});

admin.get("/projects", async (context) => context.json({ projects: await registry(context).projects() }));

admin.post("/projects", async (context) => {
  const body = await bodyOf(context);
  if (!body.ok) return refuse(context, body.error);
  const project = nameField(body.value, "project");
  if (!project.ok) return refuse(context, project.error);
  const currency = currencyField(body.value);
  if (!currency.ok) return refuse(context, currency.error);
  const numbers = numbersOf(body.value);
  if (!numbers.ok) return refuse(context, numbers.error);
  const settings = { currency: currency.value, ...numbers.value };
  const made = await registry(context).createProject(project.value, settings, Date.now());
  return afterCreate(context, made, { project: project.value, ...settings });
});

/** Time zone and dimensions, both at once: what is absent has its default. Every day is rolled up again. */
admin.put("/projects/:project/numbers", async (context) => {
  const body = await bodyOf(context);
  if (!body.ok) return refuse(context, body.error);
  const numbers = numbersOf(body.value);
  if (!numbers.ok) return refuse(context, numbers.error);
  const project = context.req.param("project");
  const changed = await registry(context).changeNumbers(project, numbers.value);
  return changed.ok ? context.json({ project, ...numbers.value }) : refuse(context, changed.error);
});

admin.delete("/projects/:project", async (context) => {
  const project = context.req.param("project");
  return afterRevoke(context, await registry(context).deleteProject(project, Date.now()), { project });
});

/** The consumer's cron opens the new shards within a quarter of an hour. */
admin.post("/projects/:project/shards", async (context) => {
  const body = await bodyOf(context);
  if (!body.ok) return refuse(context, body.error);
  const shards = shardsField(body.value);
  if (!shards.ok) return refuse(context, shards.error);
  const project = context.req.param("project");
  const raised = await registry(context).raiseShards(project, shards.value);
  return afterCreate(context, raised, { project, shards: shards.value });
});

admin.get("/projects/:project/sources", async (context) => {
  return list(context, "sources", await registry(context).sources(context.req.param("project")));
});

admin.post("/projects/:project/sources", async (context) => {
  const body = await bodyOf(context);
  if (!body.ok) return refuse(context, body.error);
  const source = nameField(body.value, "source");
  if (!source.ok) return refuse(context, source.error);
  const ipPolicy = ipPolicyField(body.value);
  if (!ipPolicy.ok) return refuse(context, ipPolicy.error);
  const project = context.req.param("project");
  const allowedOrigins = allowedOriginsField(body.value);
  if (!allowedOrigins.ok) return refuse(context, allowedOrigins.error);
  const cookieDomain = cookieDomainField(body.value);
  if (!cookieDomain.ok) return refuse(context, cookieDomain.error);
  const settings = {
    ...{ source: source.value, ipPolicy: ipPolicy.value, allowedOrigins: allowedOrigins.value },
    ...(cookieDomain.value === null ? {} : { cookieDomain: cookieDomain.value }),
  };
  const made = await registry(context).createSource(project, settings, Date.now());
  return afterCreate(context, made, { project, ...settings });
});

admin.delete("/projects/:project/sources/:source", async (context) => {
  const { project, source } = context.req.param();
  return afterRevoke(context, await registry(context).deleteSource(project, source, Date.now()), { project, source });
});

admin.get("/projects/:project/keys", async (context) => {
  return list(context, "keys", await registry(context).keys(context.req.param("project")));
});

admin.post("/projects/:project/keys", async (context) => {
  const body = await bodyOf(context);
  if (!body.ok) return refuse(context, body.error);
  const source = nameField(body.value, "source");
  if (!source.ok) return refuse(context, source.error);
  const kind = keyKindField(body.value);
  if (!kind.ok) return refuse(context, kind.error);
  if ((context.env.WRITE_KEY_SECRETS ?? "") === "") return refuse(context, noSecret);
  const nowMs = Date.now();
  const made = await registry(context).createKey(context.req.param("project"), source.value, kind.value, nowMs);
  if (!made.ok) return refuse(context, made.error);
  const key = await signWriteKey(made.value, context.env.WRITE_KEY_SECRETS);
  if (key === null) return refuse(context, noSecret);
  const { serial, kind: keyKind } = made.value;
  const createdAt = new Date(nowMs).toISOString();
  return afterCreate(context, ok(null), { key, serial, source: source.value, kind: keyKind, createdAt });
});

admin.delete("/projects/:project/keys/:serial", async (context) => {
  const { project, serial } = context.req.param();
  if (!/^[1-9]\d{0,8}$/.test(serial))
    return refuse(context, invalid("serial", "serial must be a whole number from 1."));
  const revoked = await registry(context).revokeKey(project, Number(serial), Date.now());
  return afterRevoke(context, revoked, { project, serial: Number(serial) });
});

admin.get("/projects/:project/tokens", async (context) => {
  return list(context, "tokens", await registry(context).tokens(context.req.param("project")));
});

admin.post("/projects/:project/tokens", async (context) => {
  const body = await bodyOf(context);
  if (!body.ok) return refuse(context, body.error);
  const name = tokenNameField(body.value);
  if (!name.ok) return refuse(context, name.error);
  const scopes = scopesField(body.value);
  if (!scopes.ok) return refuse(context, scopes.error);
  const nowMs = Date.now();
  const expires = expiresField(body.value, nowMs);
  if (!expires.ok) return refuse(context, expires.error);
  const token = newReadToken();
  const shown = { id: newId(), name: name.value, scopes: scopes.value };
  const stored = { ...shown, hash: await sha256Hex(token), expiresMs: expires.value };
  const made = await registry(context).createToken(context.req.param("project"), stored, nowMs);
  const expiresAt = expires.value === null ? null : new Date(expires.value).toISOString();
  return made.ok ? context.json({ token, ...shown, expiresAt }, 201) : refuse(context, made.error);
});

admin.delete("/projects/:project/tokens/:id", async (context) => {
  const { project, id } = context.req.param();
  const revoked = await registry(context).revokeToken(project, id, Date.now());
  return revoked.ok ? context.json({ project, id, revoked: true }) : refuse(context, revoked.error);
});

admin.put("/projects/:project/query-origins", async (context) => {
  const body = await bodyOf(context);
  if (!body.ok) return refuse(context, body.error);
  const origins = allowedOriginsField(body.value);
  if (!origins.ok) return refuse(context, origins.error);
  const project = context.req.param("project");
  const changed = await registry(context).setQueryOrigins(project, origins.value);
  return changed.ok ? context.json({ project, allowedOrigins: origins.value }) : refuse(context, changed.error);
});

admin.post("/flush", async (context) => {
  const work = flushPipeline(context.env);
  // The work goes on when the caller hangs up, so that it never leaves a lease behind.
  context.executionCtx.waitUntil(work.catch(() => undefined));
  const { failedProjects, ...summary } = await work;
  if (failedProjects === 0) return context.json(summary);
  return refuse(context, {
    status: 502,
    title: "Flush incomplete",
    detail: `${failedProjects} steps failed; see the log.`,
  });
});

/** One roll-up run, as cron does it; for a local pipeline, which has no cron. */
admin.post("/rollup", async (context) => {
  const work = tickRollup(context.env);
  const behaviour = work.then(async () => buildBehaviour(context.env, () => Date.now()));
  context.executionCtx.waitUntil(behaviour.catch(() => undefined));
  const summary = await work;
  await behaviour;
  return context.json({ summary });
});

/** What this isolate has sent to the consumer, for the drain of a local pipeline. */
admin.get("/counters", (context) => context.json({ messagesSent: resent.messages }));

admin.route("/lake", lakeRoutes);
admin.route("/dead", deadLetterRoutes);
admin.route("/jobs", jobRoutes);
admin.route("/projects", projectJobRoutes);
admin.route("/projects", adminLiveRoutes);
admin.route("/projects", adminLedgerRoutes);
admin.route("/projects", funnelRoutes);
admin.route("/projects", declaredAdminRoutes);
admin.route("/projects", redriveRoutes);
admin.route("/projects", replayRoutes);

const noSecret: Problem = { status: 503, title: "Not configured", detail: "WRITE_KEY_SECRETS is not set." };

/** How a project's numbers are counted. */
function numbersOf(body: JsonObject): Result<Pick<ProjectSettings, "timezone" | "dimensions">, Problem> {
  const timezone = timezoneField(body);
  if (!timezone.ok) return timezone;
  const dimensions = dimensionsField(body);
  return dimensions.ok ? ok({ timezone: timezone.value, dimensions: dimensions.value }) : dimensions;
}

function registry(context: Ask): RegistryStore {
  return new RegistryStore(context.env.DB);
}

async function bodyOf(context: Ask): Promise<Result<JsonObject, Problem>> {
  return adminBody(await context.req.text());
}

function list(context: Ask, name: string, rows: Result<readonly object[], Problem>): Response {
  return rows.ok ? context.json({ [name]: rows.value }) : refuse(context, rows.error);
}

/** What was made exists even when the snapshot cannot be written now: cron writes it within a minute. */
async function afterCreate(context: Ask, made: Result<null, Problem>, reply: object): Promise<Response> {
  if (!made.ok) return refuse(context, made.error);
  await isPublished(context.env);
  return context.json(reply, 201);
}

/** A revocation is confirmed only when the edge can see it. */
async function afterRevoke(context: Ask, revoked: Result<null, Problem>, reply: object): Promise<Response> {
  if (!revoked.ok) return refuse(context, revoked.error);
  if (await isPublished(context.env)) return context.json({ ...reply, revoked: true });
  const detail = "Recorded, but not yet visible to the edge; it will be tried again every three minutes.";
  return refuse(context, { status: 503, title: "Not yet effective", detail });
}

async function isPublished(env: Env): Promise<boolean> {
  try {
    await publishRegistry(env, Date.now());
    return true;
  } catch (error) {
    console.error(JSON.stringify({ message: "registry snapshot not written", error: String(error) }));
    return false;
  }
}
