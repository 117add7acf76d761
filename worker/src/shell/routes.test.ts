import { afterAll, beforeAll, expect, test } from "vitest";
import { type EdgeHarness, operatorToken, startEdge } from "../../testing/edge-harness.ts";
import { acceptedOf, basic, batchOf, codeOf, page, poster } from "../../testing/requests.ts";

let edge: EdgeHarness;
const post = poster(() => edge);
beforeAll(async () => {
  edge = await startEdge("real");
});
afterAll(() => edge.close());

test("W20: every path answers preflights: any origin, the headers asked for, no credentials", async () => {
  const origin = "https://shop.example";
  const asked = "authorization,content-type,x-retry-count,anonymousid,sentat,rsa-retry-attempt,x-write-key";
  for (const path of ["/v1/batch", "/v1/t", "/sluice.js", "/v1/nowhere", "/v1/internal/counters", "/"]) {
    const headers = { origin, "access-control-request-method": "POST", "access-control-request-headers": asked };
    const reply = await edge.fetch(path, { method: "OPTIONS", headers });
    expect(reply.ok, path).toBe(true);
    expect(reply.headers.get("access-control-allow-origin")).toBe(origin);
    expect(reply.headers.get("access-control-allow-methods")).toBe("GET,POST,OPTIONS");
    expect(reply.headers.get("access-control-allow-headers")).toBe(asked);
    expect(reply.headers.get("access-control-max-age")).toBe("7200");
    expect(reply.headers.get("access-control-allow-credentials")).toBeNull();
    expect(reply.headers.get("vary")).toContain("Origin");
  }
});

test("W20: every reply, refusals too, names the origin and exposes what clients must read", async () => {
  const origin = "https://shop.example";
  const requests = [
    ["/v1/batch", "POST"],
    ["/v1/nowhere", "GET"],
    ["/v1/health", "GET"],
    ["/sluice.js", "GET"],
  ] as const;
  for (const [path, method] of requests) {
    const reply = await edge.fetch(path, { method, headers: { origin } });
    expect(reply.headers.get("access-control-allow-origin"), path).toBe(origin);
    expect(reply.headers.get("access-control-expose-headers")).toBe("Retry-After,X-RateLimit-Reset");
    expect(reply.headers.get("vary")).toContain("Origin");
    await reply.text();
  }
});

test("W21: unknown paths and methods are 404 in JSON, and nothing of a request is echoed", async () => {
  const evil = "<script>alert(1)</script>";
  const replies = [
    await edge.fetch(`/v1/${encodeURIComponent(evil)}`, { method: "POST", body: evil }),
    await edge.fetch("/v1/constructor", { method: "POST", body: "{}" }),
    await edge.fetch("/v1/batch"),
    await edge.fetch(`/${evil}`),
  ];
  for (const reply of replies) {
    expect(reply.headers.get("content-type")).toContain("application/json");
    expect(reply.headers.get("x-content-type-options")).toBe("nosniff");
    const text = await reply.text();
    expect(text).not.toContain("script");
    expect([reply.status, JSON.parse(text)]).toMatchObject([404, { success: false, code: "not_found" }]);
  }
  const refused = await post(evil);
  expect(refused.status).toBe(400);
  expect(await refused.text()).not.toContain("script");
});

test("W23: the internal paths exist for the operator's token only", async () => {
  const strangers: readonly Record<string, string>[] = [
    {},
    { authorization: "Bearer" },
    { authorization: `Bearer ${operatorToken}x` },
    { authorization: `Bearer ${operatorToken.slice(0, -1)}` },
    { authorization: basic(operatorToken) },
  ];
  for (const headers of strangers) {
    const drain = await edge.fetch("/v1/internal/drain", { method: "POST", headers });
    expect(await codeOf(drain)).toEqual([404, "not_found"]);
    expect(await codeOf(await edge.fetch("/v1/internal/counters", { headers }))).toEqual([404, "not_found"]);
  }
  expect(await acceptedOf(await post(batchOf(page)))).toBe(1);
});

test("W23: the counters tell messages, verdicts and refusals apart", async () => {
  const headers = { authorization: `Bearer ${operatorToken}` };
  interface Report {
    readonly messagesSent: number;
    readonly eventsAccepted: number;
    readonly eventsRejected: Readonly<Record<string, number>>;
    readonly requestsRefused: Readonly<Record<string, number>>;
  }
  const report = async (): Promise<Report> =>
    (await (await edge.fetch("/v1/internal/counters", { headers })).json()) as Report;
  const before = await report();
  await acceptedOf(await post(batchOf(page, 0, page)));
  await post("{");
  const after = await report();
  expect(after).toMatchObject({ requestsInFlight: 0, messagesSpilled: 0, messagesReplayed: 0 });
  expect(after.messagesSent - before.messagesSent).toBe(1);
  expect(after.eventsAccepted - before.eventsAccepted).toBe(2);
  expect((after.eventsRejected["not_an_object"] ?? 0) - (before.eventsRejected["not_an_object"] ?? 0)).toBe(1);
  expect((after.requestsRefused["invalid_json"] ?? 0) - (before.requestsRefused["invalid_json"] ?? 0)).toBe(1);
});

test("W24: /sluice.js is the built script, cached for a day and revalidated by its tag", async () => {
  const reply = await edge.fetch("/sluice.js");
  expect(reply.status).toBe(200);
  expect(reply.headers.get("content-type")).toContain("text/javascript");
  expect(reply.headers.get("cache-control")).toContain("max-age=86400");
  expect((await reply.text()).length).toBeGreaterThan(0);
  const etag = reply.headers.get("etag") ?? "";
  expect(etag).toMatch(/^"[\w-]{22}"$/);
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
    expect((await edge.fetch("/sluice.js", { headers: { "if-none-match": known } })).status).toBe(304);
  }
  expect((await edge.fetch("/sluice.js", { headers: { "if-none-match": '"other"' } })).status).toBe(200);
});

test("SW36: the script has any name under /s/, and is immutable under its hash, with its integrity", async () => {
  const reply = await edge.fetch("/s/anything.js");
  const script = await reply.text();
  expect(script).toBe(await (await edge.fetch("/sluice.js")).text());
  expect(reply.headers.get("cache-control")).toContain("max-age=86400");
  const digest = await crypto.subtle.digest("SHA-384", new TextEncoder().encode(script));
  expect(reply.headers.get("sluice-integrity")).toBe(`sha384-${Buffer.from(digest).toString("base64")}`);
  const path = reply.headers.get("sluice-script") ?? "";
  expect(path).toMatch(/^\/s\/[\w-]{22}\.js$/);
  const pinned = await edge.fetch(path);
  expect(pinned.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  expect(await pinned.text()).toBe(script);
});

test("W26: health is answered to everybody", async () => {
  const reply = await edge.fetch("/v1/health");
  expect([reply.status, await reply.json()]).toEqual([200, { ok: true }]);
});
