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

test("W45: of the sampled share of requests a line tells what became of them, and nothing of what they carried", async () => {
  const logged = vi.spyOn(console, "info").mockImplementation(() => undefined);
  const personal = "ada@example.com";
  const event = {
    type: "track",
    event: personal,
    userId: personal,
    context: { library: { name: personal, version: "1" } },
  };
  const json = JSON.stringify({ batch: [event, 7] });
  const headers = { authorization, "user-agent": personal, origin: `https://${personal}`, "x-forwarded-for": personal };
  const sampled = { ...env, WRITE_KEY_SECRETS: writeKeySecret, LOG_SAMPLE: "1" };
  await post(sampled, { body: json, headers });
  await post(sampled, { body: personal, headers });
  const lines = logged.mock.calls.map(([line]) => String(line));
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { level: "info", event: "request_accepted", route: "/v1/batch", accepted: 1, rejected: 1, sample: 1 },
    { level: "info", event: "request_refused", route: "/v1/batch", code: "invalid_json", sample: 1 },
  ]);
  for (const line of lines) expect(line).not.toContain("ada");
  await post({ ...sampled, LOG_SAMPLE: "0" }, { body: json, headers });
  expect(logged).toHaveBeenCalledTimes(2);
});

test("W51: no request waits for the registry, and it is looked at again on time, while neither D1 nor R2 answers", async () => {
  const never = new Promise<never>(() => undefined);
  let questions = 0;
  let isSilent = false;
  const projects = [{ project: "shop", shards: 1, sources: [], revokedSerials: [] }];
  const snapshot = { version: 5, compiledAtMs: 0, projects };
  const bindings = {
    ...env,
    WRITE_KEY_SECRETS: writeKeySecret,
    REGISTRY_REFRESH_SECONDS: "45",
    LAKE: {
      get: () => (isSilent ? never : Promise.resolve({ text: () => Promise.resolve(JSON.stringify(snapshot)) })),
    },
    DB: { prepare: () => ({ first: () => (questions++, never) }) },
  } as unknown as Env;
  vi.useFakeTimers();
  try {
    const waiting: Promise<unknown>[] = [];
    const worker = createWorker("");
    const send = async (): Promise<number> => {
      const request = new Request("https://sluice.example/v1/batch", {
        method: "POST",
        headers: { authorization },
        body,
      });
      const waitUntil = (work: Promise<unknown>): unknown => waiting.push(work);
      return (await worker.fetch(request, bindings, { ...context, waitUntil })).status;
    };
    expect(await send()).toBe(200);
    await Promise.all(waiting);
    isSilent = true;
    for (let look = 1; look <= 3; look++) {
      vi.setSystemTime(Date.now() + 45_000);
      expect(await send()).toBe(200);
      expect(await send()).toBe(200);
      expect(questions).toBe(look);
    }
    expect(waiting).toHaveLength(1 + 3);
  } finally {
    vi.useRealTimers();
  }
});
