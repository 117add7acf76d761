import { afterAll, beforeAll, expect, test } from "vitest";
import { type EdgeHarness, operatorToken, startEdge } from "../../testing/edge-harness.ts";
import { writeKey } from "../../testing/write-keys.ts";

let local: EdgeHarness;
let deployed: EdgeHarness;
beforeAll(async () => {
  local = await startEdge("real");
  deployed = await startEdge("real", { LOCAL: "" });
});
afterAll(async () => {
  await local.close();
  await deployed.close();
});

const headers = { authorization: `Bearer ${operatorToken}` };
const drain = (edge: EdgeHarness): Promise<Response> => edge.fetch("/v1/internal/drain", { method: "POST", headers });
const body = JSON.stringify({ writeKey: writeKey(), batch: [{ type: "page", userId: "u" }] });
const send = (edge: EdgeHarness): Promise<Response> => edge.fetch("/v1/batch", { method: "POST", body });

test("W23: once drained, the local edge refuses events with 503 and Retry-After, and still reports", async () => {
  expect((await send(local)).status).toBe(200);
  expect(await (await drain(local)).json()).toMatchObject({ draining: true, messagesSent: 1, requestsInFlight: 0 });
  const refused = await send(local);
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
  expect(await refused.json()).toMatchObject({ success: false, code: "draining" });
  const report = await local.fetch("/v1/internal/counters", { headers });
  expect(await report.json()).toMatchObject({ messagesSent: 1, requestsRefused: { draining: 1 } });
});

test("W23: a deployed edge cannot be drained, since only one isolate of many would stop", async () => {
  expect((await drain(deployed)).status).toBe(404);
  expect((await send(deployed)).status).toBe(200);
});
