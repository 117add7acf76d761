import { gunzipSync } from "node:zlib";
import type { IngestReply } from "@sluice/schema";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hostileValues } from "../../testing/corpus/index.ts";
import { type EdgeHarness, startEdge } from "../../testing/edge-harness.ts";
import { page, poster } from "../../testing/requests.ts";

let edge: EdgeHarness;
const post = poster(() => edge);
beforeAll(async () => {
  edge = await startEdge("real");
});
afterAll(() => edge.close());

test.each(Object.entries(hostileValues))(
  "W46: %s in an event harms no neighbour and is forwarded as sent",
  async (_name, value) => {
    for (const place of ["properties", "context", "traits", "custom", "timestamp", "messageId", "userId"]) {
      const field = `"${place}":${["properties", "context", "traits"].includes(place) ? `{"v":${value}}` : value}`;
      const body = `{"batch":[${JSON.stringify(page)},{"type":"page","userId":"u",${field}},${JSON.stringify(page)}]}`;
      const reply = await post(body);
      const { accepted, rejected } = (await reply.json()) as IngestReply;
      expect([reply.status, accepted + rejected.length], place).toEqual([200, 3]);
      expect(rejected.every(({ index }) => index === 1)).toBe(true);
      const [received] = await edge.received(1);
      expect(gunzipSync(received?.body ?? new Uint8Array()).toString(), place).toBe(body);
    }
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  },
);
