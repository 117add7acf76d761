import { afterEach, expect, test, vi } from "vitest";
import { writeKey, writeKeySecret } from "../../testing/write-keys.ts";
import type { Env } from "./env.ts";
import { createWorker } from "./worker.ts";

afterEach(() => vi.restoreAllMocks());

const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
const env = {
  EVENTS: { send: () => Promise.resolve() },
  LAKE: { get: () => Promise.resolve(null) },
} as unknown as Env;

const post = (bindings: Env, init: RequestInit): Promise<Response> =>
  Promise.resolve(
    createWorker("").fetch(
      new Request("https://sluice.example/v1/batch", { method: "POST", ...init }),
      bindings,
      context,
    ),
  );
const body = JSON.stringify({ batch: [{ type: "page", userId: "u" }] });
const authorization = `Basic ${btoa(writeKey())}`;

test("W22: an unexpected failure is answered 503 and logged without anything personal", async () => {
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const failing = Object.defineProperty({ ...env, WRITE_KEY_SECRETS: writeKeySecret }, "EVENTS", {
    get: () => {
      throw new TypeError("ada@example.com broke the binding");
    },
  });
  const reply = await post(failing, { body, headers: { authorization, origin: "https://a.example" } });
  expect(reply.status).toBe(503);
  expect(reply.headers.get("retry-after")).toMatch(/^\d+$/);
  expect(reply.headers.get("access-control-allow-origin")).toBe("https://a.example");
  expect(await reply.json()).toMatchObject({ success: false, code: "unexpected" });
  expect(logged).toHaveBeenCalledTimes(1);
  const line = String(logged.mock.calls[0]?.[0]);
  expect(JSON.parse(line)).toMatchObject({ level: "error", event: "unexpected", error: "TypeError" });
  expect(line).not.toContain("ada@example.com");
});

test("W27: without a secret to verify keys with, clients are told to come back, not to drop their events", async () => {
  const reply = await post(env, { body, headers: { authorization } });
  expect(reply.status).toBe(503);
  expect(reply.headers.get("retry-after")).toMatch(/^\d+$/);
  expect(await reply.json()).toMatchObject({ success: false, code: "not_configured" });
  expect((await post({ ...env, WRITE_KEY_SECRETS: writeKeySecret }, { body, headers: { authorization } })).status).toBe(
    200,
  );
});
