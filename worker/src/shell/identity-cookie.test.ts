import { registryKey, type RegistrySnapshot } from "@sluice/schema";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type EdgeHarness, startEdge } from "../../testing/edge-harness.ts";
import { basic, batchOf, page, poster } from "../../testing/requests.ts";
import { writeKey } from "../../testing/write-keys.ts";

const id = "01KAG2X9YM0000000000000001";
let edge: EdgeHarness;
const post = poster(() => edge);
beforeAll(async () => {
  edge = await startEdge("real");
  const sources = [
    { source: "plain", ipPolicy: "keep" as const },
    { source: "host", ipPolicy: "keep" as const, cookieDomain: "" },
    { source: "site", ipPolicy: "keep" as const, cookieDomain: "shop.example" },
  ];
  const projects = [{ project: "shop", shards: 1, sources, revokedSerials: [] }];
  const snapshot: RegistrySnapshot = { version: 1, compiledAtMs: 0, projects };
  await edge.lake.put(registryKey, JSON.stringify(snapshot));
  // The first request makes the edge load the registry, in the background.
  await vi.waitUntil(async () => (await cookieFor("host")) !== null, { interval: 60, timeout: 10_000 });
});
afterAll(() => edge.close());

async function cookieFor(source: string, headers: object = {}, kind: "public" | "server" = "public") {
  const ofPage = { "sec-fetch-site": "same-origin", cookie: `theme=dark; sluice_id=${id}; other=1` };
  const authorization = basic(writeKey({ source, kind, serial: 1 }));
  const reply = await post(batchOf(page), { headers: { ...ofPage, authorization, ...headers } });
  expect(reply.status).toBe(200);
  return reply.headers.get("set-cookie");
}

test("SW57: the edge renews the identity cookie of pages of its own origin, where the source has opted in", async () => {
  const renewed = `sluice_id=${id}; Path=/; Max-Age=34560000; SameSite=Lax; Secure`;
  expect(await cookieFor("host")).toBe(renewed);
  expect(await cookieFor("site")).toBe(`${renewed}; Domain=shop.example`);
  expect(await cookieFor("plain")).toBeNull();
  expect(await cookieFor("unknown")).toBeNull();
});

test.each([
  ["another origin of the site", { "sec-fetch-site": "same-site" }],
  ["another site", { "sec-fetch-site": "cross-site" }],
  ["no page", { "sec-fetch-site": "none" }],
  ["a client that says nothing", { "sec-fetch-site": "" }],
  ["a visitor without cookie", { cookie: "theme=dark" }],
  ["a cookie of another name", { cookie: `xsluice_id=${id}` }],
  ["a cookie that is no id", { cookie: "sluice_id=ada@example.org" }],
  ["a cookie that is too long", { cookie: `sluice_id=${id}0` }],
  ["a cookie with more in it", { cookie: `sluice_id=${id}\tDomain=evil.example` }],
])("SW57: it sets none for %s", async (_, headers) => {
  expect(await cookieFor("host", headers)).toBeNull();
});

test("SW57: it sets none for a server key, and none with a refusal", async () => {
  expect(await cookieFor("host", {}, "server")).toBeNull();
  const headers = {
    "sec-fetch-site": "same-origin",
    cookie: `sluice_id=${id}`,
    authorization: basic("shop.host.p1.forged"),
  };
  const refused = await post(batchOf(page), { headers });
  expect(refused.status).toBeGreaterThanOrEqual(400);
  expect(refused.headers.get("set-cookie")).toBeNull();
});
