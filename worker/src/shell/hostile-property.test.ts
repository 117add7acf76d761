import { gunzipSync, gzipSync } from "node:zlib";
import { decodeQueueMessage, type IngestReply, type Json, judgeEvent, type QueueMessage } from "@sluice/schema";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { anyJson, anyText, badEvent, goodEvent } from "../../../schema/testing/index.ts";
import { basic } from "../../testing/requests.ts";
import { writeKey, writeKeySecret } from "../../testing/write-keys.ts";
import { routes } from "../routes.ts";
import type { Env } from "./env.ts";
import { createWorker } from "./worker.ts";

vi.spyOn(console, "info").mockImplementation(() => undefined);

const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
const sent: QueueMessage[] = [];
const env = {
  EVENTS: {
    send: (bytes: Uint8Array) => {
      const decoded = decodeQueueMessage(bytes);
      if (!decoded.ok) throw new Error(decoded.error);
      sent.push(decoded.value);
      return Promise.resolve();
    },
  },
  LAKE: { get: () => Promise.resolve(null) },
  WRITE_KEY_SECRETS: writeKeySecret,
} as unknown as Env;
const worker = createWorker("");

/** The handlers of the edge in this process, so that thousands of requests take seconds. */
const request = (path: string, init: RequestInit): Promise<Response> =>
  Promise.resolve(worker.fetch(new Request(`https://in.shop.example${path}`, init), env, context));
const send = (body: Uint8Array | string, headers: Record<string, string> = {}): Promise<Response> =>
  request("/v1/batch", {
    method: "POST",
    body: body as BodyInit,
    headers: { authorization: basic(writeKey()), ...headers },
  });

const batches = fc.array(fc.oneof(goodEvent(), badEvent()), { minLength: 1, maxLength: 12 });

test("W46: W3: any mix of good and bad events: the bad ones are rejected, the others accepted, and the body goes on as sent", async () => {
  await fc.assert(
    fc.asyncProperty(batches, fc.boolean(), async (batch, isGzipped) => {
      const json = JSON.stringify({ batch });
      sent.length = 0;
      const reply = await send(isGzipped ? new Uint8Array(gzipSync(json)) : json);
      const { accepted, rejected } = (await reply.json()) as IngestReply;
      const parsed = (JSON.parse(json) as { readonly batch: readonly Json[] }).batch;
      const expected = parsed.flatMap((event, index) => {
        const verdict = judgeEvent(event);
        return verdict.ok ? [] : [{ index, reason: verdict.error.reason }];
      });
      expect(reply.status).toBe(200);
      expect(rejected.map(({ index, reason }) => ({ index, reason }))).toEqual(expected);
      expect(accepted).toBe(batch.length - expected.length);
      if (sent.length === 1) expect(new TextDecoder().decode(gunzipSync(sent[0]?.body ?? ""))).toBe(toWellFormed(json));
      const forwarded = sent.flatMap(({ receipt }) => receipt.rejected.map(({ index }) => index));
      expect(forwarded).toEqual(expected.map(({ index }) => index));
      expect(sent.reduce((sum, { receipt }) => sum + receipt.eventCount, 0)).toBe(batch.length);
    }),
    { numRuns: 300 },
  );
});

test("W46: any JSON is answered, and never with a failure of ours", async () => {
  await fc.assert(
    fc.asyncProperty(anyJson(), anyJson(), anyJson(), async (batch, writeKeyField, sentAt) => {
      const body = JSON.stringify({ batch, writeKey: writeKeyField, sentAt, clockOffsetMs: sentAt });
      expect((await send(body)).status).toBeLessThan(500);
      expect((await send(body, { authorization: "" })).status).toBeLessThan(500);
      expect((await send(JSON.stringify(batch))).status).toBeLessThan(500);
    }),
    { numRuns: 500 },
  );
});

test("W46: any bytes, and any damage to good ones, are answered, and never with a failure of ours", async () => {
  const good = new Uint8Array(gzipSync(JSON.stringify({ batch: [{ type: "page", userId: "u" }] })));
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
      expect((await send(bytes)).status).toBeLessThan(500);
      expect((await send(Uint8Array.from([0x1f, 0x8b, 8, ...bytes]))).status).toBeLessThan(500);
    }),
    { numRuns: 1000 },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: good.length - 1 }),
      fc.nat({ max: 255 }),
      fc.nat({ max: good.length }),
      async (at, byte, cut) => {
        const damaged = good.slice();
        damaged[at] = byte;
        expect((await send(damaged)).status).toBeLessThan(500);
        expect((await send(damaged.subarray(0, cut))).status).toBeLessThan(500);
      },
    ),
    { numRuns: 1000 },
  );
});

test("W46: any text in any place of a path, a query or a header is answered, and never with a failure of ours", async () => {
  const header = fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)) });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...routes), anyText(), anyText(), header, async (route, name, value, text) => {
      const path = route.path.replace(":key", encodeURIComponent(toWellFormed(name)) || "x");
      const query = new URLSearchParams([
        [name, value],
        ["data", Buffer.from(value).toString("base64")],
        ["writeKey", value],
      ]);
      const headers = {
        authorization: text,
        origin: text,
        "user-agent": text,
        "sec-gpc": text,
        "sluice-client-ip": text,
      };
      const reply = await request(`${path}?${query.toString()}`, { method: route.method, headers });
      // No address is configured here, which is all that may be wrong.
      const code = reply.status < 500 ? null : ((await reply.json()) as { readonly code: string }).code;
      expect([null, "not_configured"]).toContain(code);
    }),
    { numRuns: 1000 },
  );
});

/** A text as UTF-8 has it: lone surrogates become U+FFFD. */
function toWellFormed(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text));
}
