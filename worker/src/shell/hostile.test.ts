import { gunzipSync, gzipSync } from "node:zlib";
import type { IngestReply, Json } from "@sluice/schema";
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

const withServerKey = { headers: { authorization: basic(writeKey({ kind: "server" })) } };
const withoutHeader = { headers: { authorization: "" } };

/** Text that shrinks about as much as events do; a body that shrinks far more is cut off early. */
function padding(bytes: number): string {
  const text = Array.from({ length: Math.ceil(bytes / 60) }, (_, i) => (i * 7919).toString(36) + " ".repeat(54)).join(
    "",
  );
  return text.slice(0, bytes).padEnd(bytes);
}

test("W8: more than 1 MB with a public key and 8 MB with a server key are 413, compressed or not", async () => {
  const inBody = (kind: "public" | "server", bytes: number): string =>
    JSON.stringify({ writeKey: writeKey({ kind }), batch: [page], pad: padding(bytes) });
  const big = JSON.stringify({ batch: [page], pad: padding(1_000_000) });
  expect(await codeOf(await post(big))).toEqual([413, "request_too_large"]);
  expect(await codeOf(await post(gzipSync(big)))).toEqual([413, "request_too_large"]);
  expect(await acceptedOf(await post(gzipSync(big), withServerKey))).toBe(1);
  const tooBig = Buffer.from(padding(8_000_001));
  expect(await codeOf(await post(gzipSync(tooBig), withServerKey))).toEqual([413, "request_too_large"]);
  expect(await codeOf(await post(tooBig, withServerKey))).toEqual([413, "request_too_large"]);
  expect(await codeOf(await post(inBody("public", 1_000_000), withoutHeader))).toEqual([413, "request_too_large"]);
  expect(await acceptedOf(await post(inBody("server", 1_000_000), withoutHeader))).toBe(1);
  await edge.received(2);
});

function closed(error: unknown): "connection closed" {
  if (!(error instanceof TypeError)) throw error; // what `fetch` rejects with, whatever happened to the network
  return "connection closed";
}

test("W8: a body that states no length is counted while it arrives", async () => {
  let pulls = 0;
  const endless = new ReadableStream({
    pull(controller) {
      pulls++;
      if (pulls > 2000) controller.close();
      else controller.enqueue(new Uint8Array(10_000).fill(0x20));
    },
  });
  const init = {
    method: "POST",
    body: endless,
    duplex: "half",
    headers: { authorization: basic(writeKey()) },
  } as const;
  // The rest of the body is not read: the connection may be reset before the reply is there, or while it is read.
  const outcome = await edge.fetch("/v1/batch", init).then(codeOf).catch(closed);
  if (outcome !== "connection closed") expect(outcome).toEqual([413, "request_too_large"]);
  expect(pulls).toBeLessThan(2000);
});

test("W8: a gzip bomb is stopped at the ceiling", async () => {
  const bomb = gzipSync(Buffer.alloc(100_000_000, "["));
  expect(bomb.length).toBeLessThan(110_000);
  expect(await codeOf(await post(bomb))).toEqual([413, "request_too_large"]);
  expect(await codeOf(await post(bomb, withoutHeader))).toEqual([413, "request_too_large"]);
});

test("W9: extra gzip members, trailing bytes and cut streams are 400", async () => {
  const gzipped = gzipSync(batchOf(page));
  const broken = [
    Buffer.concat([gzipped, gzipped]),
    Buffer.concat([gzipSync(""), gzipped]),
    Buffer.concat([gzipped, Buffer.alloc(9)]),
    Buffer.concat([gzipped, Buffer.from("trailing")]),
    gzipped.subarray(0, -5),
    gzipped.subarray(0, 2),
  ];
  for (const body of broken) expect(await codeOf(await post(body))).toEqual([400, "invalid_gzip"]);
});

test("W10: a body of too many levels or values is refused, be it large or small", async () => {
  const deep = (levels: number): string =>
    `{"batch":[${JSON.stringify(page)},${"[".repeat(levels)}${"]".repeat(levels)}]}`;
  expect(await codeOf(await post(deep(400_000)))).toEqual([400, "body_too_deep"]);
  expect(await codeOf(await post(deep(20_000)))).toEqual([400, "body_too_deep"]);
  const commas = `{"batch":[${"{},".repeat(2_600_000)}{}]}`;
  expect(await codeOf(await post(commas, withServerKey))).toEqual([400, "too_many_values"]);
  expect(await codeOf(await post(gzipSync(commas), withServerKey))).toEqual([413, "request_too_large"]);
});

test("W10, W3: an event that is merely too deep is rejected alone, in a small and in a large body", async () => {
  const properties = JSON.parse(`${'{"a":'.repeat(100)}1${"}".repeat(100)}`) as Json;
  const filler = { ...page, properties: { text: "x".repeat(20_000) } };
  for (const fillers of [0, 20]) {
    const batch = [page, { ...page, properties }, ...Array.from({ length: fillers }, () => filler)];
    const reply = (await (await post(batchOf(...batch))).json()) as IngestReply;
    expect(reply).toMatchObject({ accepted: fillers + 1, rejected: [{ index: 1, reason: "event_too_deep" }] });
  }
  await edge.received(2);
});

test("W11: what is no batch is 400 and names batch; more than 10,000 events are 413", async () => {
  const none = await post("{}");
  expect(none.status).toBe(400);
  expect(((await none.json()) as { readonly message: string }).message).toContain("batch");
  for (const body of ["[]", "null", "7", '{"batch":{}}']) {
    expect(await codeOf(await post(body)), body).toEqual([400, "invalid_batch"]);
  }
  expect(await codeOf(await post(`{"batch":[${"0,".repeat(10_000)}0]}`))).toEqual([413, "too_many_events"]);
});

test("W11: what is not JSON, and no body at all, are 400", async () => {
  expect(await codeOf(await post("{"))).toEqual([400, "invalid_json"]);
  expect(await codeOf(await post(""))).toEqual([400, "empty_body"]);
  expect(await codeOf(await post(new Uint8Array([0x1f, 0x8c, 1, 2])))).toEqual([400, "invalid_json"]);
});

test("W25: __proto__, lone surrogates and huge numbers pass unharmed, and change nothing here", async () => {
  const body =
    '{"batch":[{"type":"page","userId":"u","properties":{"__proto__":{"polluted":1},"s":"\\ud800x","n":1e400}}]}';
  expect(await acceptedOf(await post(body))).toBe(1);
  const [received] = await edge.received(1);
  expect(gunzipSync(received?.body ?? new Uint8Array(0)).toString()).toBe(body);
  expect(await acceptedOf(await post('{"__proto__":{"type":"page","userId":"u"},"batch":[{"userId":"u"}]}'))).toBe(0);
  expect(await codeOf(await post('{"__proto__":{"batch":[1]}}'))).toEqual([400, "invalid_batch"]);
  await edge.received(1);
});

test("W42: a large body whose key is in it is parsed only when a server key stands there or in the query", async () => {
  const large = (fields: Record<string, Json>): string =>
    JSON.stringify({ ...fields, pad: padding(1_500_000), batch: [page] });
  const server = writeKey({ kind: "server" });
  const sendLarge = (fields: Record<string, Json>, path = "/v1/batch"): Promise<Response> =>
    post(large(fields), { ...withoutHeader, path });
  expect(await acceptedOf(await sendLarge({ writeKey: server }))).toBe(1);
  expect(await acceptedOf(await post(gzipSync(large({ writeKey: server })), withoutHeader))).toBe(1);
  expect(await acceptedOf(await sendLarge({}, `/v1/batch?writeKey=${server}`))).toBe(1);
  const refusals: readonly Record<string, Json>[] = [
    {},
    { writeKey: writeKey() },
    { writeKey: writeKey({ kind: "server" }, "another secret") },
    // A server key that only stands somewhere does not lift the ceiling of the public one that is named.
    { writeKey: writeKey(), properties: { writeKey: server } },
  ];
  for (const fields of refusals) {
    expect(await codeOf(await sendLarge(fields)), JSON.stringify(fields)).toEqual([413, "request_too_large"]);
  }
  // Of what is refused unparsed nobody learns whether it was JSON.
  expect(await codeOf(await post(padding(1_500_000), withoutHeader))).toEqual([413, "request_too_large"]);
  await edge.received(3);
});

test("W43: a parcel that shrinks more than events can is inflated to 250 times its size and no further", async () => {
  const dense = JSON.stringify({ batch: [page], pad: " ".repeat(3_000_000) });
  expect(gzipSync(dense).length * 250).toBeLessThan(dense.length);
  expect(await codeOf(await post(gzipSync(dense), withServerKey))).toEqual([413, "request_too_large"]);
  expect(await acceptedOf(await post(dense, withServerKey))).toBe(1);
  await edge.received(1);
});
