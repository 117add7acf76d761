import { registryKey, type RegistrySnapshot } from "@sluice/schema";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { brakeRequests, type EdgeHarness, startEdge } from "../../testing/edge-harness.ts";
import { acceptedOf, basic, batchOf, page, poster } from "../../testing/requests.ts";
import { writeKey } from "../../testing/write-keys.ts";

let edge: EdgeHarness;
const post = poster(() => edge);
const proxySecret = "the secret of the site's own proxy";
beforeAll(async () => {
  edge = await startEdge("flaky", { PROXY_SECRETS: `older,${proxySecret}`, BRAKE_MODE: "on" });
  const sources = [
    { source: "web", ipPolicy: "keep" as const },
    { source: "bound", ipPolicy: "keep" as const, allowedOrigins: ["https://shop.example"] },
  ];
  const projects = [{ project: "shop", shards: 1, sources, revokedSerials: [] }];
  const snapshot: RegistrySnapshot = { version: 1, compiledAtMs: 0, projects };
  await edge.lake.put(registryKey, JSON.stringify(snapshot));
});
afterAll(() => edge.close());

/** An address for each test and request, so that the brake holds none of them but those it should. */
let lastAddress = 0;
let address = "";
beforeEach(() => {
  address = `198.51.100.${++lastAddress}`;
});
const proxied = (ip = address): Record<string, string> => ({
  "sluice-proxy-secret": proxySecret,
  "sluice-client-ip": ip,
  "sluice-client-country": "AT",
});

test("W36: behind the site's own proxy the receipt has the client's address and place, not the proxy's", async () => {
  await expect
    .poll(
      async () => {
        lastAddress++;
        await acceptedOf(await post(batchOf(page), { headers: proxied(`198.51.100.${lastAddress}`) }));
        return (await edge.received(1)).at(-1)?.receipt.ip;
      },
      { interval: 60, timeout: 10_000 },
    )
    .toMatch(/^198\.51\.100\.[1-9]/);
  await acceptedOf(await post(batchOf(page), { headers: proxied("2001:db8::77") }));
  expect(await edge.received(1)).toMatchObject([
    { receipt: { ip: "2001:db8::77", geo: { country: "AT", region: null, city: null } } },
  ]);
  const forged = { ...proxied("203.0.113.1"), "sluice-proxy-secret": "guess" };
  await acceptedOf(await post(batchOf(page), { headers: forged }));
  const [received] = await edge.received(1);
  expect(received?.receipt.ip).not.toBe("203.0.113.1");
  expect(received?.receipt.geo.country).not.toBe("AT");
});

test("W37: events of a page that the source does not list are answered 200 and kept as rejected", async () => {
  const send = (origin: string | null, kind: "public" | "server" = "public"): Promise<Response> => {
    const headers = { ...proxied(), authorization: basic(writeKey({ source: "bound", kind, serial: ++lastAddress })) };
    return post(batchOf(page, 7), { headers: origin === null ? headers : { ...headers, origin } });
  };
  const refused = await send("https://copy.example");
  expect(refused.headers.get("access-control-allow-origin")).toBe("https://copy.example");
  expect(await refused.json()).toMatchObject({
    success: true,
    accepted: 0,
    rejected: [
      { index: 0, messageId: "m-1", reason: "origin_not_allowed" },
      { index: 1, reason: "not_an_object" },
    ],
  });
  expect(await edge.received(1)).toMatchObject([{ receipt: { rejected: [{ index: 0 }, { index: 1 }] } }]);
  expect(await acceptedOf(await send("https://shop.example"))).toBe(1);
  expect(await acceptedOf(await send(null))).toBe(1);
  expect(await acceptedOf(await send("https://copy.example", "server"))).toBe(1);
  await edge.received(3);
});

test("W38: a browser's Sec-GPC is in the receipt, and nothing is where there is none", async () => {
  await acceptedOf(await post(batchOf(page), { headers: { ...proxied(), "sec-gpc": "1" } }));
  await acceptedOf(await post(batchOf(page), { headers: { ...proxied(), "sec-gpc": "0" } }));
  await acceptedOf(await post(batchOf(page), { headers: proxied() }));
  expect((await edge.received(3)).map(({ receipt }) => receipt.gpc)).toEqual([true, undefined, undefined]);
});

test("W40: one public key from one address is braked with 429 and Retry-After, others and server keys go on", async () => {
  const statuses = async (count: number, send: () => Promise<Response>): Promise<readonly number[]> => {
    const replies: number[] = [];
    for (let i = 0; i < count; i++) replies.push((await send()).status);
    return replies;
  };
  const body = batchOf(page);
  // Two windows at most are touched, so that of three times the limit one request at least is braked.
  const braked = await statuses(brakeRequests * 3, () => post(body, { headers: proxied("2001:db8:9:9::1") }));
  expect(braked).toContain(429);
  expect(braked.slice(0, brakeRequests)).toEqual(Array.from({ length: brakeRequests }, () => 200));
  const inBody = JSON.stringify({ writeKey: writeKey(), batch: [page] });
  const sameNetwork = { headers: { ...proxied("2001:db8:9:9:ffff::2"), authorization: "" } };
  const inBodyStatuses = await statuses(brakeRequests * 3, () => post(inBody, sameNetwork));
  expect(inBodyStatuses).toContain(429);
  const reply = await post(body, { headers: proxied("2001:db8:9:9::1") });
  expect(await reply.json()).toMatchObject({ success: false, code: "too_many_requests" });
  expect(reply.headers.get("retry-after")).toBe("10");
  expect((await post(body, { headers: proxied("2001:db8:9:a::1") })).status).toBe(200);
  const otherKey = { ...proxied("2001:db8:9:9::1"), authorization: basic(writeKey({ serial: 77 })) };
  expect((await post(body, { headers: otherKey })).status).toBe(200);
  const server = { ...proxied("2001:db8:9:9::1"), authorization: basic(writeKey({ kind: "server" })) };
  const serverStatuses = await statuses(brakeRequests * 3, () => post(body, { headers: server }));
  expect(new Set(serverStatuses)).toEqual(new Set([200]));
});
