import { afterAll, beforeAll, expect, test } from "vitest";
import { type EdgeHarness, startEdge } from "../../testing/edge-harness.ts";
import { acceptedOf, basic, batchOf, page } from "../../testing/requests.ts";
import { writeKey } from "../../testing/write-keys.ts";

let edge: EdgeHarness;
beforeAll(async () => {
  edge = await startEdge("real");
});
afterAll(() => edge.close());

const key = writeKey();
const dataOf = (event: unknown): string => encodeURIComponent(Buffer.from(JSON.stringify(event)).toString("base64"));

async function expectImage(reply: Response, status: number): Promise<void> {
  expect([reply.status, reply.headers.get("content-type"), reply.headers.get("cache-control")]).toEqual([
    status,
    "image/gif",
    "no-store",
  ]);
  expect(
    Buffer.from(await reply.arrayBuffer())
      .subarray(0, 6)
      .toString(),
  ).toBe("GIF89a");
}

test("W31: Segment's pixel takes an event of each type from its data and answers with an image", async () => {
  for (const type of ["track", "identify", "page", "screen", "group", "alias"]) {
    const event = { writeKey: key, userId: "u", event: "Email Opened", properties: { name: "Müller", a: "??>>" } };
    const headers = { "user-agent": "Mail/1.0", "cf-connecting-ip": "203.0.113.77" };
    await expectImage(await edge.fetch(`/v1/pixel/${type}?data=${dataOf(event)}`, { headers }), 200);
    const [received] = await edge.received(1);
    expect(received).toMatchObject({
      json: event,
      receipt: { impliedType: type, userAgent: "Mail/1.0", rejected: [], source: "web" },
    });
  }
});

test("W31: a pixel that is refused is an image too, and its status says that it was", async () => {
  await expectImage(await edge.fetch("/v1/pixel/track"), 400);
  await expectImage(await edge.fetch("/v1/pixel/track?data=!!!"), 400);
  await expectImage(await edge.fetch(`/v1/pixel/track?data=${dataOf({ userId: "u", event: "E" })}`), 401);
  await expectImage(await edge.fetch(`/v1/pixel/track?data=${dataOf({ writeKey: key })}`), 200);
  expect(await edge.received(1)).toMatchObject([{ receipt: { rejected: [{ reason: "missing_event_name" }] } }]);
  expect((await edge.fetch("/v1/pixel/batch?data=e30=")).status).toBe(404);
});

test("W32: RudderStack's pixel takes the event from the query, its beacon the key", async () => {
  const query = `writeKey=${key}&anonymousId=a&event=E&properties.plan=pro&__proto__.type=page`;
  await expectImage(await edge.fetch(`/pixel/v1/track?${query}`), 200);
  expect(await edge.received(1)).toMatchObject([
    {
      json: { anonymousId: "a", event: "E", properties: { plan: "pro" } },
      receipt: { impliedType: "track", rejected: [] },
    },
  ]);
  await expectImage(await edge.fetch(`/pixel/v1/page?writeKey=${key}&userId=u`), 200);
  await expectImage(await edge.fetch("/pixel/v1/page?userId=u"), 401);
  const posted = await edge.fetch("/pixel/v1/track", {
    method: "POST",
    body: JSON.stringify({ userId: "u", event: "E" }),
    headers: { authorization: basic(key) },
  });
  expect(await acceptedOf(posted)).toBe(1);
  const beacon = await edge.fetch(`/beacon/v1/batch?writeKey=${key}`, { method: "POST", body: batchOf(page, page) });
  expect(await acceptedOf(beacon)).toBe(2);
  await edge.received(3);
});

test("W33: client metrics are answered 200, counted, and nothing comes of them", async () => {
  const before = await edge.fetch("/v1/health");
  expect(before.status).toBe(200);
  for (const body of ['{"series":[]}', "{", ""]) {
    const reply = await edge.fetch("/v1/m", { method: "POST", body });
    expect([reply.status, await reply.json()]).toEqual([200, { success: true }]);
  }
});
