import type { EventResult } from "@sluice/core";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { FaultServer } from "../testing/fault-server.ts";
import { Sluice } from "./index.ts";
import type { SluiceOptions } from "./options.ts";
import { sdkName, sdkVersion } from "./version.ts";

let server: FaultServer;
let host: string;
const writeKey = "shop.server.s1.abcdefghijklmnopqrstuv";

beforeEach(async () => {
  server = new FaultServer();
  host = await server.listen();
});
afterEach(() => server.close());

function client(options: Partial<SluiceOptions> = {}): Sluice {
  return new Sluice({ host, writeKey, log: () => undefined, ...options });
}

test("SN1: the six calls arrive as gzip JSON at /v1/batch with the caller's id and time", async () => {
  const sluice = client();
  sluice.track({
    userId: "u1",
    event: "Order Completed",
    properties: { revenue: "14.99", note: "x".repeat(2000) },
    messageId: "order-1",
    timestamp: new Date(1e12),
    context: { ip: "1.2.3.4" },
  });
  sluice.identify({ userId: "u1", anonymousId: "a1", traits: { plan: "pro" } });
  sluice.page({ anonymousId: "a1", name: "Home" });
  sluice.screen({ anonymousId: "a1", name: "Start" });
  sluice.group({ userId: "u1", groupId: "g1", traits: { size: 3 } });
  sluice.alias({ userId: "u1", previousId: "a1" });
  const report = await sluice.closeAndFlush();
  expect(report.delivered).toHaveLength(6);
  expect(server.requests).toHaveLength(1);
  const [request] = server.requests;
  expect(request).toMatchObject({ path: "/v1/batch", gzipped: true, body: { writeKey } });
  expect(request?.headers["content-encoding"]).toBe("gzip");
  const library = { name: sdkName, version: sdkVersion };
  expect(request?.body.batch).toMatchObject([
    {
      type: "track",
      userId: "u1",
      event: "Order Completed",
      messageId: "order-1",
      timestamp: "2001-09-09T01:46:40.000Z",
      properties: { revenue: "14.99" },
      context: { ip: "1.2.3.4", library },
    },
    { type: "identify", userId: "u1", anonymousId: "a1", traits: { plan: "pro" }, context: { library } },
    { type: "page", name: "Home" },
    { type: "screen", name: "Start" },
    { type: "group", groupId: "g1" },
    { type: "alias", userId: "u1", previousId: "a1" },
  ]);
});

test("SN2: an option that is not usable throws a TypeError that names it and does not repeat its value", () => {
  const good = { host, writeKey };
  const bad: [string, unknown][] = [
    ["writeKey", ""],
    ["writeKey", undefined],
    ["host", "in.example.com"],
    ["host", "ftp://in.example.com"],
    ["flushAt", 0],
    ["flushIntervalMs", 1.5],
    ["maxQueueBytes", "many"],
    ["maxInFlight", 65],
    ["gzip", "secret"],
    ["log", 1],
  ];
  for (const [name, value] of bad) {
    const make = () => new Sluice({ ...good, [name]: value } as never);
    expect(make, name).toThrow(TypeError);
    expect(make, name).toThrow(new RegExp(`option ${name} must`));
    expect(make, name).not.toThrow(/secret|many/);
  }
  expect(() => new Sluice(undefined as never)).toThrow(/option writeKey/);
});

test("SN3: no call throws, whatever it is given", async () => {
  const sluice = client();
  const calls = [
    undefined,
    null,
    7,
    "x",
    { event: 1n },
    {
      userId: "u",
      event: "ok",
      get properties(): never {
        throw new Error("no");
      },
    },
  ];
  for (const call of calls) expect(() => sluice.track(call as never)).not.toThrow();
  const report = await sluice.closeAndFlush();
  expect(report.dropped.map((result) => result.reason)).toEqual(Array.from({ length: 4 }, () => "invalid_event"));
  expect(report.delivered).toHaveLength(2); // a number and a text are calls without fields, which the server judges
});

test("SN4: hang-ups, lost answers and 503 lose nothing and never change an id", async () => {
  server.answer = (_, index) =>
    index % 4 === 0 ? "hang up" : index % 4 === 1 ? "take and hang up" : index % 4 === 2 ? { status: 503 } : "ok";
  const sluice = client({ flushAt: 10 });
  for (let i = 0; i < 30; i++) sluice.track({ userId: "u", event: "e", messageId: `id-${i}` });
  const report = await sluice.closeAndFlush({ timeoutMs: 60_000 });
  expect(report.delivered.map((result) => result.messageId).sort()).toEqual([...server.taken].sort());
  expect(report.delivered).toHaveLength(30);
}, 60_000);

test("SN5: a producer that awaits ready sends any number of events with a bounded queue", async () => {
  const sluice = client({ maxQueueEvents: 400, flushAt: 50 });
  const results: EventResult[] = [];
  sluice.on("result", (result) => results.push(result));
  let sent = 0;
  let waiting = 0;
  for (; sent < 5000; sent++) {
    await sluice.ready();
    sluice.track({ userId: "u", event: "e", properties: { sent } });
    waiting = Math.max(waiting, sent - results.length);
  }
  await sluice.closeAndFlush();
  expect(server.taken.size).toBe(5000);
  expect(results.every((result) => result.outcome === "delivered")).toBe(true);
  expect(waiting).toBeLessThan(400);
});

test("SN6: a listener that throws stops nothing; without a listener each kind of loss is logged once", async () => {
  const lines: string[] = [];
  const sluice = client({ log: (line) => lines.push(line), flushAt: 1 });
  const off = sluice.on("result", () => {
    throw new Error("listener");
  });
  sluice.track({ userId: "u", event: "e" });
  await sluice.flush();
  off();
  server.answer = () => ({ status: 401 });
  for (let i = 0; i < 3; i++) sluice.track({ userId: "u", event: "secret name" });
  await sluice.closeAndFlush();
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("http_401");
  expect(lines[0]).not.toMatch(/secret|shop\.server/);
});

test("SN51: what an asynchronous listener, log or waitUntil rejects with is ignored", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  const refuse = (): unknown => Promise.reject(new Error("of the host's"));
  const sluice = client({ log: refuse, waitUntil: refuse });
  sluice.track({ userId: "u", event: "e", properties: { amount: 1n } }); // nobody listens yet, so it is logged
  sluice.on("result", refuse);
  sluice.track({ userId: "u", event: "e" });
  expect((await sluice.closeAndFlush()).delivered).toHaveLength(1);
  await new Promise((resolve) => setTimeout(resolve, 0)); // rejections are reported once the microtasks are done
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});

test("SN52: a request without an answer on a kept connection is followed by a pause", async () => {
  server.answer = (_, index) => (index === 1 ? "silence" : "ok");
  const sluice = client({ requestTimeoutMs: 200 });
  const retries: number[] = [];
  sluice.on("retry", (notice) => retries.push(notice.status));
  for (let i = 0; i < 2; i++) {
    sluice.track({ userId: "u", event: "e" });
    await sluice.flush();
  }
  expect(retries).toEqual([0]);
  expect(server.requests).toHaveLength(3);
  await sluice.closeAndFlush();
});

test("SN7: a request without an answer is given up after its time and sent again", async () => {
  server.answer = (_, index) => (index === 0 ? "silence" : "ok");
  const sluice = client({ requestTimeoutMs: 200 });
  const retries: number[] = [];
  sluice.on("retry", (notice) => retries.push(notice.status));
  sluice.track({ userId: "u", event: "e" });
  const report = await sluice.closeAndFlush();
  expect(report.delivered).toHaveLength(1);
  expect(retries).toEqual([0]);
});

test("SN8: closeAndFlush ends in its time and names what it dropped", async () => {
  server.answer = () => ({ status: 503, retryAfter: "300" });
  const sluice = client();
  sluice.track({ userId: "u", event: "e", messageId: "left" });
  const startMs = performance.now();
  const report = await sluice.closeAndFlush({ timeoutMs: 300 });
  expect(performance.now() - startMs).toBeLessThan(3000);
  expect(report.dropped).toEqual([{ outcome: "dropped", messageId: "left", reason: "closed" }]);
});

test("SN9: a process with queued events that waits for nothing may exit; one that awaits flush may not", async () => {
  server.answer = (_, index) => (index < 1 ? { status: 503 } : "ok");
  const built = new URL("../dist/index.js", import.meta.url).href;
  const script = (last: string) => `
    import { Sluice } from ${JSON.stringify(built)};
    const sluice = new Sluice({ host: ${JSON.stringify(host)}, writeKey: "k", flushIntervalMs: 3600000, exitTimeoutMs: 0 });
    sluice.track({ userId: "u", event: "e" });
    ${last}`;
  const run = (code: string) =>
    promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], { timeout: 20_000 });
  await run(script(""));
  expect(server.requests).toHaveLength(0);
  const { stdout } = await run(script("console.log((await sluice.flush()).delivered.length);"));
  expect(stdout.trim()).toBe("1");
  expect(server.requests).toHaveLength(2);
});

test("SN10: name and version in context.library are those of the package", () => {
  expect({ name: sdkName, version: sdkVersion }).toEqual({ name: packageJson.name, version: packageJson.version });
});
