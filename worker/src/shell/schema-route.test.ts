import { afterAll, beforeAll, expect, test } from "vitest";
import { type EdgeHarness, operatorToken, startEdge } from "../../testing/edge-harness.ts";
import { batchOf, page, poster } from "../../testing/requests.ts";
import { eventSchema } from "../event-schema.ts";

let edge: EdgeHarness;
const post = poster(() => edge);
beforeAll(async () => {
  edge = await startEdge("real", { INGEST_HOSTS: "https://in.shop.example", LOG_SAMPLE: "0" });
});
afterAll(() => edge.close());

test("W34: W35: the schema and the API document are served as they are in code", async () => {
  expect(await (await edge.fetch("/v1/schema")).json()).toEqual(JSON.parse(JSON.stringify(eventSchema())));
  expect(await (await edge.fetch("/v1/openapi.json")).json()).toMatchObject({
    openapi: "3.1.0",
    servers: [{ url: "https://in.shop.example" }],
  });
});

test("W44: counters and metrics tell the operator what was accepted, refused and how long it took", async () => {
  const event = { ...page, context: { library: { name: "probe", version: "1.2.3" } } };
  expect((await post(batchOf(event, event, { ...event, type: "nonsense" }))).status).toBe(200);
  expect((await post("{")).status).toBe(400);
  expect((await edge.fetch("/v1/m", { method: "POST" })).status).toBe(200);
  const headers = { authorization: `Bearer ${operatorToken}` };
  expect(await (await edge.fetch("/v1/internal/counters", { headers })).json()).toMatchObject({
    requestsAccepted: 1,
    eventsBySource: { "shop/web": { accepted: 2, rejected: 1 } },
    eventsByLibrary: { "probe 1.2.3": { accepted: 2, rejected: 1 } },
    eventsRejected: { unknown_type: 1 },
    requestsRefused: { invalid_json: 1 },
    clientMetrics: 1,
    histograms: {
      batchEvents: { count: 1, sum: 3 },
      sendMs: { count: 1 },
      requestMs: { count: 2 },
      bodyBytes: { count: 1 },
    },
  });
  const metrics = await edge.fetch("/v1/internal/metrics", { headers });
  expect(metrics.headers.get("content-type")).toContain("version=0.0.4");
  expect(await metrics.text()).toMatch(/sluice_events_accepted_total\{isolate="[0-9a-f-]+"\} 2\n/);
  expect((await edge.fetch("/v1/internal/metrics")).status).toBe(404);
});
