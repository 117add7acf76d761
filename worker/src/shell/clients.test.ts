import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EdgeHarness, startEdge } from "../../testing/edge-harness.ts";
import { writeKey } from "../../testing/write-keys.ts";

/*
 * What published SDKs of other makers send, shortened from recordings of real runs: headers, labels and the shape of the
 * body are theirs. WK stands where the write key goes.
 */
interface Recording {
  readonly client: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly gzipped?: true;
  readonly body: string;
  readonly events: number;
}

const key = writeKey();
const basic = `Basic ${btoa(`${key}:`)}`;

const recordings: readonly Recording[] = [
  {
    client: "@segment/analytics-next 1.84.3",
    path: "/v1/t",
    headers: { "content-type": "text/plain", authorization: basic, origin: "http://localhost:9081" },
    body:
      '{"timestamp":"2026-11-20T07:24:43.682Z","integrations":{"Segment.io":true},"event":"Item Purchased","type":"track",' +
      '"properties":{"revenue":14.99},"context":{"page":{"path":"/seg.html","url":"http://localhost:9081/seg.html"},"locale":"en-US",' +
      '"library":{"name":"analytics.js","version":"npm:next-1.84.3"},"timezone":"UTC"},' +
      '"messageId":"ajs-next-1795159483682-fcee7cb2-cd88-48b0-91ae-099b11227b27","userId":"u1",' +
      '"anonymousId":"a5a28c65-fcee-4cb2-8d88-a8b091ae099b","writeKey":"WK","sentAt":"2026-11-20T07:24:43.698Z",' +
      '"_metadata":{"bundled":["Segment.io"],"unbundled":[],"bundledIds":[]}}',
    events: 1,
  },
  {
    client: "@segment/analytics-node 3.1.0",
    path: "/v1/batch",
    headers: { "content-type": "application/json", authorization: basic, "user-agent": "analytics-node-next/latest" },
    body:
      '{"batch":[{"timestamp":"2026-11-20T07:24:51.656Z","integrations":{},"event":"Item Purchased","type":"track",' +
      '"properties":{"revenue":14.99},"context":{"library":{"name":"@segment/analytics-node","version":"3.1.0"}},"userId":"u1",' +
      '"messageId":"node-next-1795159491656-6979fd01-6362-43f9-b142-8e591d10cbc7"},' +
      '{"timestamp":"2026-11-20T07:24:51.657Z","integrations":{},"userId":"u2","type":"alias","previousId":"u1","context":{},' +
      '"messageId":"node-next-1795159491657-8e591d10-cbc7-4a12-abf4-190adf3b2f6e"}],"writeKey":"WK","sentAt":"2026-11-20T07:24:51.671Z"}',
    events: 2,
  },
  {
    client: "@rudderstack/analytics-js 3.34.1",
    path: "/v1/page",
    headers: {
      "content-type": "application/json;charset=UTF-8",
      authorization: basic,
      anonymousid: "ZjA3ZDRmY2ItODlkZi00MGQwLTkwZGQtMDJkNGI2ZWFjZjU0",
      sentat: "2026-11-20T07:24:56.893Z",
    },
    body:
      '{"properties":{"name":"Home","path":"/rud.html"},"name":"Home","type":"page","channel":"web","context":{"traits":{},' +
      '"sessionId":1795159496876,"sessionStart":true,"library":{"name":"RudderLabs JavaScript SDK","version":"3.34.1"}},' +
      '"originalTimestamp":"2026-11-20T07:24:56.892Z","messageId":"e72e608f-daf1-4594-8263-1523e3854eef","userId":"",' +
      '"anonymousId":"f07d4fcb-89df-40d0-90dd-02d4b6eacf54","integrations":{"All":true},"sentAt":"2026-11-20T07:24:56.893Z"}',
    events: 1,
  },
  {
    client: "@rudderstack/rudder-sdk-node 3.0.13",
    path: "/v1/batch",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "content-encoding": "gzip",
      authorization: basic,
      "user-agent": "analytics-node/3.0.13",
    },
    gzipped: true,
    body:
      '{"batch":[{"userId":"u1","event":"E","properties":{"a":1},"type":"track","context":{"library":{"name":"analytics-node",' +
      '"version":"3.0.13"}},"channel":"server","originalTimestamp":"2026-11-20T07:25:17.574Z",' +
      '"messageId":"a951be2f-2269-44e3-b897-3127373ce3c5","sentAt":"2026-11-20T07:25:17.575Z"}],' +
      '"timestamp":"2026-11-20T07:25:17.575Z","sentAt":"2026-11-20T07:25:17.575Z"}',
    events: 1,
  },
  {
    client: "analytics-python 2.3.4",
    path: "/v1/batch",
    headers: { "content-type": "application/json", "user-agent": "analytics-python/2.3.4" },
    body:
      '{"writeKey": "WK", "batch": [{"integrations": {}, "anonymousId": null, "properties": {"a": 1}, ' +
      '"timestamp": "2026-11-20T07:25:17.574000+00:00", "context": {"library": {"name": "analytics-python", "version": "2.3.4"}}, ' +
      '"userId": "u1", "type": "track", "event": "E", "messageId": "b1a8a5e2-9c5f-4d5e-8f0e-0a4b8a0c1d2e"}], ' +
      '"sentAt": "2026-11-20T07:25:17.575000+00:00"}',
    events: 1,
  },
  {
    client: "analytics-kotlin 1.24.1",
    path: "/v1/b",
    headers: { "content-type": "text/plain", "content-encoding": "gzip" },
    gzipped: true,
    body:
      '{ "batch": [\n{"type":"screen","name":"S","messageId":"9B2D6F0C-1E3A-4A5B-8C7D-0E1F2A3B4C5D","anonymousId":"an1",' +
      '"timestamp":"2026-11-20T07:25:17.574Z","properties":{},"context":{}}\n],"sentAt":"2026-11-20T07:25:17.575Z","writeKey":"WK"}',
    events: 1,
  },
];

let edge: EdgeHarness;
beforeAll(async () => {
  edge = await startEdge("real");
});
afterAll(() => edge.close());

test.each(recordings)("W28: what $client sends is accepted whole", async ({ path, headers, gzipped, body, events }) => {
  const text = body.replace('"WK"', `"${key}"`);
  const bytes = gzipped === true ? gzipSync(text) : text;
  const reply = await edge.fetch(path, { method: "POST", headers, body: bytes });
  expect(reply.status).toBe(200);
  expect(await reply.json()).toMatchObject({ success: true, accepted: events, rejected: [] });
  const [received] = await edge.received(1);
  expect(received).toMatchObject({ json: JSON.parse(text) as unknown, receipt: { eventCount: events, rejected: [] } });
  expect(received?.receipt.sentAtMs).toBeGreaterThan(1_795_159_000_000);
});
