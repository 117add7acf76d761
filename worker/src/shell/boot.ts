import { fail, keyStanding, ok, type Result, type WriteKey } from "@sluice/schema";
import type { Context, Handler } from "hono";
import { settingsReply, sourceConfigReply } from "../boot-replies.ts";
import { hostFor } from "../hosts.ts";
import type { RefusalCode } from "../refusal.ts";
import { basicWriteKey } from "../write-key-place.ts";
import type { Edge } from "./edge.ts";
import type { Env } from "./env.ts";
import { refuse } from "./refuse.ts";

type AppContext = Context<{ Bindings: Env }>;
type EdgeOf = (env: Env) => Edge;

/**
 * Segment's boot call. Refused while no address is configured: without `apiHost` Segment's SDKs would send to Segment, and
 * the Host header must not decide where a site's events go.
 */
export function settingsHandler(edgeOf: EdgeOf): Handler<{ Bindings: Env }> {
  return (c) => {
    const edge = edgeOf(c.env);
    const text = c.req.param("key") ?? "";
    const key = bootKey(c, text, edge);
    if (!key.ok) return refuse(c, key.error);
    const host = hostFor(edge.settings.hosts, c.req.url);
    return host === null ? refuse(c, "not_configured") : c.json(settingsReply(text, host));
  };
}

/** RudderStack's boot call; its SDKs know already where to send. */
export function sourceConfigHandler(edgeOf: EdgeOf): Handler<{ Bindings: Env }> {
  return (c) => {
    const edge = edgeOf(c.env);
    const text = basicWriteKey(c.req.header("authorization") ?? null) ?? c.req.query("writeKey") ?? "";
    if (text === "") return refuse(c, "missing_write_key");
    const key = bootKey(c, text, edge);
    if (!key.ok) return refuse(c, key.error);
    return c.json(sourceConfigReply(text, key.value, new Date().toISOString()));
  };
}

/** The key, when it may write. What is answered depends on it and on the registry, so nobody may keep it. */
function bootKey(c: AppContext, text: string, edge: Edge): Result<WriteKey, RefusalCode> {
  c.header("Cache-Control", "no-store");
  const refresh = edge.registry.refreshIfDue(c.env, Date.now());
  if (refresh !== null) c.executionCtx.waitUntil(refresh);
  if (!edge.keyring.isConfigured) return fail("not_configured");
  const key = edge.keyring.verify(text);
  const isGood = key !== null && keyStanding(edge.registry.snapshot, key) !== "revoked";
  return isGood ? ok(key) : fail("unknown_write_key");
}
