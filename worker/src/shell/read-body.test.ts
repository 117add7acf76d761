import { afterAll, beforeAll, expect, test } from "vitest";
import { type EdgeHarness, startEdge } from "../../testing/edge-harness.ts";
import { acceptedOf, basic, batchOf, page } from "../../testing/requests.ts";
import { writeKey } from "../../testing/write-keys.ts";
import { readBody } from "./read-body.ts";
import { TimeLimits } from "./time-limit.ts";

let edge: EdgeHarness;
beforeAll(async () => {
  edge = await startEdge("real", { BODY_SECONDS: "0.5" });
});
afterAll(() => edge.close());

const requestOf = (body: ReadableStream): Request => {
  return new Request("https://a.example", { method: "POST", body, duplex: "half" } as RequestInit);
};
const never = (): ReadableStream => new ReadableStream({ pull: () => new Promise(() => undefined) });

test("W39: a body that trickles in is refused when its time is up, on the real runtime", async () => {
  const slow = new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      controller.enqueue(new TextEncoder().encode(" "));
    },
  });
  const headers = { authorization: basic(writeKey()) };
  const startedMs = Date.now();
  const reply = await edge.fetch("/v1/batch", { method: "POST", body: slow, duplex: "half", headers });
  expect(reply.status).toBe(408);
  expect(await reply.json()).toMatchObject({ success: false, code: "body_not_received" });
  expect(Date.now() - startedMs).toBeLessThan(5000);
  const after = await edge.fetch("/v1/batch", { method: "POST", body: batchOf(page), headers });
  expect(await acceptedOf(after)).toBe(1);
});

test("W39: a body that never comes, or breaks off, is a refusal and no failure of ours", async () => {
  expect(await readBody(requestOf(never()), 100, new TimeLimits(), 20)).toEqual({
    ok: false,
    error: "body_not_received",
  });
  const broken = new ReadableStream({ pull: () => Promise.reject(new TypeError("hung up")) });
  expect(await readBody(requestOf(broken), 100, new TimeLimits(), 1000)).toEqual({
    ok: false,
    error: "body_not_received",
  });
  const whole = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array([1, 2]));
      controller.enqueue(new Uint8Array([3]));
      controller.close();
    },
  });
  expect(await readBody(requestOf(whole), 3, new TimeLimits(), 1000)).toEqual({
    ok: true,
    value: new Uint8Array([1, 2, 3]),
  });
});
