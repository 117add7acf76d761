import { registryKey, type RegistrySnapshot } from "@sluice/schema";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EdgeHarness, startEdge } from "../../testing/edge-harness.ts";
import { basic, codeOf } from "../../testing/requests.ts";
import { writeKey } from "../../testing/write-keys.ts";

let edge: EdgeHarness;
beforeAll(async () => {
  edge = await startEdge("real", { INGEST_HOSTS: "https://in.shop.example,https://in.other.example" });
});
afterAll(() => edge.close());

const settings = (key: string, host = "http://localhost"): Promise<Response> =>
  edge.fetch(`${host}/v1/projects/${encodeURIComponent(key)}/settings`);
const apiHost = async (reply: Response): Promise<unknown> =>
  ((await reply.json()) as { integrations: { "Segment.io": { apiHost: string } } }).integrations["Segment.io"].apiHost;

test("W29: Segment's settings are given for keys that verify, and to nobody for long", async () => {
  const key = writeKey();
  const reply = await settings(key);
  expect(reply.status).toBe(200);
  expect(reply.headers.get("cache-control")).toBe("no-store");
  expect(await reply.json()).toEqual({
    integrations: { "Segment.io": { apiKey: key, apiHost: "in.shop.example/v1" } },
  });
  for (const bad of [writeKey({}, "another"), "x", "__proto__", "%00", "a".repeat(5000)]) {
    const refused = await settings(bad);
    expect(refused.headers.get("cache-control")).toBe("no-store");
    expect(await codeOf(refused), bad.slice(0, 40)).toEqual([401, "unknown_write_key"]);
  }
});

test("W29: the host in the settings is a configured one, whatever Host a request names", async () => {
  expect(await apiHost(await settings(writeKey(), "http://in.other.example"))).toBe("in.other.example/v1");
  expect(await apiHost(await settings(writeKey(), "http://evil.example"))).toBe("in.shop.example/v1");
  const forwarded = { headers: { "x-forwarded-host": "evil.example", forwarded: "host=evil.example" } };
  expect(await apiHost(await edge.fetch(`/v1/projects/${writeKey()}/settings`, forwarded))).toBe("in.shop.example/v1");
});

test("W30: RudderStack's source configuration takes the key of the header, else of the query", async () => {
  const key = writeKey();
  const other = writeKey({ source: "app" });
  const replies = [
    await edge.fetch("/sourceConfig/?p=npm&v=3.34.1", { headers: { authorization: basic(key) } }),
    await edge.fetch(`/sourceConfig?writeKey=${key}`),
    await edge.fetch(`/sourceConfig/?writeKey=${other}`, { headers: { authorization: basic(key) } }),
  ];
  for (const reply of replies) {
    expect(reply.status).toBe(200);
    expect(reply.headers.get("cache-control")).toBe("no-store");
    expect(await reply.json()).toMatchObject({
      source: { id: "web", writeKey: key, workspaceId: "shop", destinations: [] },
    });
  }
  expect(await codeOf(await edge.fetch("/sourceConfig/"))).toEqual([401, "missing_write_key"]);
  expect(await codeOf(await edge.fetch("/sourceConfig/?writeKey=x"))).toEqual([401, "unknown_write_key"]);
});

test("W29: W30: a revoked key boots no SDK", async () => {
  const projects = [{ project: "shop", shards: 1, sources: [], revokedSerials: [9] }];
  const snapshot: RegistrySnapshot = { version: 1, compiledAtMs: 0, projects };
  await edge.lake.put(registryKey, JSON.stringify(snapshot));
  const revoked = writeKey({ serial: 9 });
  await expect.poll(async () => (await settings(revoked)).status, { interval: 60, timeout: 10_000 }).toBe(401);
  expect((await edge.fetch(`/sourceConfig/?writeKey=${revoked}`)).status).toBe(401);
  expect((await settings(writeKey())).status).toBe(200);
});

test("W29: without a configured host no SDK is told one", async () => {
  const bare = await startEdge("real", { INGEST_HOSTS: "", INGEST_URL: "" });
  try {
    const refused = await bare.fetch(`/v1/projects/${writeKey()}/settings`);
    expect(await codeOf(refused)).toEqual([503, "not_configured"]);
  } finally {
    await bare.close();
  }
  const local = await startEdge("real", { INGEST_HOSTS: "", INGEST_URL: "http://localhost:8787" });
  try {
    const reply = await local.fetch(`/v1/projects/${writeKey()}/settings`);
    expect(await reply.json()).toMatchObject({
      integrations: { "Segment.io": { apiHost: "localhost:8787/v1", protocol: "http" } },
    });
  } finally {
    await local.close();
  }
});
