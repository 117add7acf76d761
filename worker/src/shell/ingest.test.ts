import { gzipSync } from "node:zlib";
import { type IngestReply, type Json, registryKey, type RegistrySnapshot } from "@sluice/schema";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EdgeHarness, startEdge } from "../../testing/edge-harness.ts";
import { acceptedOf, basic, batchOf, codeOf, page, poster } from "../../testing/requests.ts";
import { writeKey } from "../../testing/write-keys.ts";

let edge: EdgeHarness;
const post = poster(() => edge);
beforeAll(async () => {
  edge = await startEdge("real");
});
afterAll(() => edge.close());

const single = new Map([
  ["track", "t"],
  ["identify", "i"],
  ["page", "p"],
  ["screen", "s"],
  ["group", "g"],
  ["alias", "a"],
]);

test("W1: every long and one-letter path takes its event, and gives it the path's type", async () => {
  for (const [type, letter] of single) {
    for (const name of [type, letter]) {
      const event = { userId: "u", event: "E" };
      expect(await acceptedOf(await post(JSON.stringify(event), { path: `/v1/${name}` })), name).toBe(1);
      const [received] = await edge.received(1);
      expect(received).toMatchObject({ json: event, receipt: { impliedType: type, eventCount: 1, rejected: [] } });
    }
  }
  for (const name of ["batch", "import", "b"]) {
    expect(await acceptedOf(await post(batchOf(page, page), { path: `/v1/${name}` })), name).toBe(2);
    expect(await edge.received(1)).toMatchObject([{ receipt: { impliedType: null, eventCount: 2 } }]);
  }
});

test("W2, W13: gzip is known by its bytes whatever its label says, and is forwarded byte for byte", async () => {
  const gzipped = new Uint8Array(gzipSync(batchOf(page)));
  const labels: readonly Record<string, string>[] = [
    { "content-type": "application/x-www-form-urlencoded", "content-encoding": "gzip" },
    { "content-type": "text/plain" },
    { "content-type": "application/json", "content-encoding": "identity" },
  ];
  for (const headers of labels) {
    expect(await acceptedOf(await post(gzipped, { headers }))).toBe(1);
    const [received] = await edge.received(1);
    expect(received?.body).toEqual(gzipped);
  }
});

test("W2: plain JSON is taken under every label, also that of gzip, and from a body without a length", async () => {
  const chunked = new ReadableStream({
    start(controller) {
      for (const part of ['{"batch":[', JSON.stringify(page), "]}"]) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  });
  const authorization = basic(writeKey());
  const replies = [
    await post(batchOf(page), { headers: { "content-type": "text/plain" } }),
    await post(batchOf(page), { headers: { "content-encoding": "gzip", "content-type": "image/png" } }),
    await edge.fetch("/v1/b", { method: "POST", body: chunked, duplex: "half", headers: { authorization } }),
  ];
  for (const reply of replies) expect(await acceptedOf(reply)).toBe(1);
  for (const { json } of await edge.received(3)) expect(json).toEqual({ batch: [page] });
});

test("W3: a bad event is rejected and its neighbours are kept", async () => {
  const bad = { type: "track", userId: "u", messageId: "m-bad" };
  const reply = await post(batchOf(page, bad, page));
  expect(reply.status).toBe(200);
  const { serverTime, ...rest } = (await reply.json()) as IngestReply;
  const rejected = [{ index: 1, messageId: "m-bad", reason: "missing_event_name", field: "event" }];
  expect(rest).toMatchObject({ success: true, accepted: 2, rejected });
  expect(new Date(serverTime).toISOString()).toBe(serverTime);
  const [received] = await edge.received(1);
  expect(received).toMatchObject({ json: { batch: [page, bad, page] }, receipt: { eventCount: 3 } });
  expect(received?.receipt.rejected).toMatchObject([{ index: 1, reason: "missing_event_name" }]);
});

test("W3: a request of nothing but bad events is answered 200, and they are kept", async () => {
  expect(await acceptedOf(await post(batchOf({}, 1, "x")))).toBe(0);
  expect(await edge.received(1)).toMatchObject([{ json: { batch: [{}, 1, "x"] }, receipt: { eventCount: 3 } }]);
});

test("W4: the write key is taken from Basic authorization, else the body, else the query", async () => {
  const [one, two, three] = [writeKey({ serial: 1 }), writeKey({ serial: 2 }), writeKey({ serial: 3 })];
  const send = async (header: string | null, inBody: string | null, query: string | null): Promise<number | null> => {
    const body = JSON.stringify({ batch: [page], ...(inBody === null ? {} : { writeKey: inBody }) });
    const headers = header === null ? {} : { authorization: header };
    const path = query === null ? "/v1/batch" : `/v1/batch?writeKey=${query}`;
    await acceptedOf(await edge.fetch(path, { method: "POST", body, headers }));
    return (await edge.received(1))[0]?.receipt.keySerial ?? null;
  };
  expect(await send(basic(one), two, three)).toBe(1);
  expect(await send(`Basic ${btoa(one)}`, null, null)).toBe(1);
  expect(await send(null, two, three)).toBe(2);
  expect(await send("Bearer something", two, null)).toBe(2);
  expect(await send(null, null, three)).toBe(3);
});

test("W5: no key, and any key that does not hold, are 401 and nothing is queued", async () => {
  const without = await edge.fetch("/v1/batch", { method: "POST", body: batchOf(page) });
  expect(await codeOf(without)).toEqual([401, "missing_write_key"]);
  const replies: string[] = [];
  for (const key of [writeKey({}, "another secret"), writeKey().replace("shop", "shot"), "nonsense"]) {
    const body = JSON.stringify({ writeKey: key, batch: [page] });
    const inHeader = await post(batchOf(page), { headers: { authorization: basic(key) } });
    const inBody = await edge.fetch("/v1/batch", { method: "POST", body });
    for (const reply of [inHeader, inBody]) {
      expect(reply.status).toBe(401);
      replies.push(await reply.text());
    }
  }
  expect(new Set(replies).size).toBe(1);
  expect(await acceptedOf(await post(batchOf(page)))).toBe(1);
  expect(await edge.received(1)).toHaveLength(1);
});

test("W5, W7, W18: a revoked key is refused like a forged one, and the IP policy obeyed, once the registry is loaded", async () => {
  const snapshot: RegistrySnapshot = {
    version: 1,
    compiledAtMs: 0,
    projects: [{ project: "books", shards: 1, sources: [{ source: "web", ipPolicy: "drop" }], revokedSerials: [2] }],
  };
  const headers = { "cf-connecting-ip": "203.0.113.77" };
  const send = (serial: number): Promise<Response> =>
    post(batchOf(page), { headers: { ...headers, authorization: basic(writeKey({ project: "books", serial })) } });
  expect(await acceptedOf(await send(2))).toBe(1);
  const [before] = await edge.received(1);
  expect(before?.receipt.ip).not.toBeNull();
  await edge.lake.put(registryKey, JSON.stringify(snapshot));
  await expect.poll(async () => (await send(2)).status, { interval: 60, timeout: 10_000 }).toBe(401);
  const forged = await post(batchOf(page), { headers: { authorization: basic(writeKey({}, "another")) } });
  expect(await (await send(2)).text()).toBe(await forged.text());
  expect(await acceptedOf(await send(1))).toBe(1);
  await expect.poll(async () => (await edge.received(1)).at(-1)?.receipt.keySerial).toBe(1);
  expect(await acceptedOf(await send(1))).toBe(1);
  expect(await edge.received(1)).toMatchObject([{ receipt: { ip: null, keySerial: 1 } }]);
});

test("W14: a batch of 3 MB from a server is split into several messages that hold every event once", async () => {
  const batch = Array.from({ length: 3000 }, (_, i): Json => {
    const numbers = Array.from({ length: 160 }, (_unused, j) =>
      ((i * 7919 + j * 104_729) ** 2 % 9_999_991).toString(36),
    );
    const properties = { text: numbers.join(" "), ordinal: i };
    return { type: "track", event: i % 1000 === 999 ? "" : "E", userId: `u${i}`, messageId: `m-${i}`, properties };
  });
  const body = JSON.stringify({ batch, sentAt: "2026-11-20T07:25:17.575Z" });
  expect(body.length).toBeGreaterThan(3_000_000);
  const reply = await post(body, { headers: { authorization: basic(writeKey({ kind: "server" })) } });
  expect(await acceptedOf(reply)).toBe(2997);
  const messages = await edge.receivedEvents(batch.length);
  expect(messages.length).toBeGreaterThan(3);
  expect(new Set(messages.map(({ receipt }) => receipt.receiptId)).size).toBe(1);
  expect(messages.flatMap(({ json }) => (json as { readonly batch: readonly Json[] }).batch)).toEqual(batch);
  expect(messages.flatMap(({ receipt }) => receipt.rejected.map(({ index }) => index))).toEqual([999, 1999, 2999]);
  const sentAtMs = Date.parse("2026-11-20T07:25:17.575Z");
  expect(new Set(messages.map(({ receipt }) => receipt.sentAtMs))).toEqual(new Set([sentAtMs]));
});

test("W19: the receipt says when, from where, by whom and with which clock", async () => {
  const headers = { "user-agent": "a".repeat(2000), "cf-connecting-ip": "2001:db8:1:2::3" };
  const sentAt = "2026-11-20T07:25:17.575Z";
  const body = JSON.stringify({ batch: [page], sentAt, clockOffsetMs: -1234.5 });
  const earliestMs = Date.now();
  for (let i = 0; i < 3; i++) await acceptedOf(await post(body, { headers }));
  const receipts = (await edge.received(3)).map(({ receipt }) => receipt);
  for (const receipt of receipts) {
    expect(receipt).toMatchObject({
      project: "shop",
      source: "web",
      keyKind: "public",
      keySerial: 1,
      sentAtMs: Date.parse(sentAt),
      clockOffsetMs: -1234.5,
      userAgent: "a".repeat(512),
      rulesVersion: 1,
    });
    expect(receipt.receivedAtMs).toBeGreaterThanOrEqual(earliestMs);
    expect(Object.keys(receipt.geo)).toEqual(["country", "region", "city"]);
  }
  const ids = receipts.map(({ receiptId }) => receiptId);
  expect(ids.every((id) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(id))).toBe(true);
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(3);
  const [sequence = 0] = receipts.map((receipt) => receipt.sequence);
  expect(receipts.map((receipt) => receipt.sequence)).toEqual([sequence, sequence + 1, sequence + 2]);
});

test("W11: a batch without events is answered with the time, and nothing is stored", async () => {
  const reply = (await (await post(batchOf())).json()) as IngestReply;
  expect(reply).toMatchObject({ success: true, accepted: 0, rejected: [] });
  expect(Math.abs(Date.parse(reply.serverTime) - Date.now())).toBeLessThan(60_000);
  expect(await acceptedOf(await post(batchOf(page)))).toBe(1);
  expect(await edge.received(1)).toMatchObject([{ receipt: { eventCount: 1 } }]); // and nothing before it
});
