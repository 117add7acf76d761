import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { runChild } from "../testing/child.ts";
import { FaultServer } from "../testing/fault-server.ts";

let server: FaultServer;
let host: string;

beforeEach(async () => {
  server = new FaultServer();
  host = await server.listen();
});
afterEach(() => server.close());

const trackMany = (count: number): string =>
  `for (let i = 0; i < ${count}; i++) client.track({ userId: "u" + (i % 50), event: "e", messageId: "m" + i });`;

test.each(["SIGTERM", "SIGINT"] as const)(
  "SN11: %s with 9,999 events queued loses none, and ends the process",
  async (signal) => {
    const child = runChild(
      host,
      `const client = createClient({ host, writeKey, flushIntervalMs: 3600000, flushAt: 10000,
       maxBatchEvents: 10000, maxBatchBytes: 7000000, maxQueueEvents: 20000 });
     ${trackMany(9_999)}
     setInterval(() => {}, 1000);
     console.log("queued");`,
    );
    await child.printed("queued");
    expect(server.requests).toHaveLength(0);
    child.process.kill(signal);
    expect(await child.ended).toBe(signal);
    expect(server.taken.size).toBe(9_999);
  },
);

test("SN11: a process with nothing left to do sends its queue before it ends; what is taken meanwhile too", async () => {
  const child = runChild(
    host,
    `const client = createClient({ host, writeKey, flushIntervalMs: 3600000 });
     client.track({ userId: "u", event: "e" });
     process.once("beforeExit", () => setTimeout(() => client.track({ userId: "u", event: "late" }), 300));`,
  );
  expect(await child.ended).toBe(0);
  expect(server.taken.size).toBe(2);
});

test("SN11: the drain ends in its time, and a second signal ends it at once", async () => {
  server.answer = () => "silence";
  const code = (ms: number): string => `
     const client = createClient({ host, writeKey, exitTimeoutMs: ${ms}, log: console.log });
     client.track({ userId: "u", event: "e" });
     setInterval(() => {}, 1000);
     console.log("queued");`;
  const patient = runChild(host, code(20_000));
  await patient.printed("queued");
  patient.process.kill("SIGTERM");
  while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  patient.process.kill("SIGTERM");
  expect(await patient.ended).toBe("SIGTERM");
  const brief = runChild(host, code(200));
  await brief.printed("queued");
  brief.process.kill("SIGTERM");
  expect(await brief.ended).toBe("SIGTERM");
  expect(brief.output()).toContain("1 events were not delivered");
});

test.each(["await client.closeAndFlush({ timeoutMs: 200 });", "client.flush({ timeoutMs: 1 });"])(
  "SN55: a request without an answer does not keep the process alive (%s)",
  async (last) => {
    server.answer = () => "silence";
    // Longer than the child may live: were the request waited for, the child would be killed.
    const options = "{ host, writeKey, requestTimeoutMs: 600000, exitTimeoutMs: 200, log: () => {} }";
    const child = runChild(
      host,
      `const client = createClient(${options});
       client.track({ userId: "u", event: "e" });
       ${last}`,
    );
    expect(await child.ended).toBe(0);
    await vi.waitFor(() => expect(server.requests).toHaveLength(1), 10_000);
  },
);

test("SN55: nor does the time limit of a request that goes through a fetch of the host's", async () => {
  const options = "{ host, writeKey, requestTimeoutMs: 600000, exitTimeoutMs: 0, fetch: () => new Promise(() => {}) }";
  const child = runChild(
    host,
    `const client = createClient(${options});
     client.track({ userId: "u", event: "e" });
     await client.flush({ timeoutMs: 1 });`,
  );
  expect(await child.ended).toBe(0);
});

test("SN12: a host that listens to the signal itself decides on the end; opting out leaves signals alone", async () => {
  const listening = runChild(
    host,
    `const client = createClient({ host, writeKey, flushIntervalMs: 3600000 });
     client.track({ userId: "u", event: "e" });
     const hold = setInterval(() => {}, 1000);
     process.on("SIGTERM", () => setTimeout(() => { console.log("host's end"); process.exit(7); }, 500));
     console.log("queued");`,
  );
  await listening.printed("queued");
  listening.process.kill("SIGTERM");
  expect(await listening.ended).toBe(7);
  expect(listening.output()).toContain("host's end");
  expect(server.taken.size).toBe(1);
  const out = runChild(
    host,
    `createClient({ host, writeKey, exitTimeoutMs: 0 });
     console.log(["SIGTERM", "SIGINT", "beforeExit"].map((name) => process.listenerCount(name)).join());`,
  );
  await out.ended;
  expect(out.output().trim()).toBe("0,0,0");
});

test("SN13: a function that is frozen after its flush has lost nothing, and goes on after the thaw", async () => {
  const child = runChild(
    host,
    `const client = createClient({ host, writeKey });
     process.stdin.on("data", async (data) => {
       const invocation = data.toString().trim();
       for (let i = 0; i < 300; i++) client.track({ userId: "u" + i, event: "e", messageId: invocation + "-" + i });
       const { delivered } = await client.flush();
       console.log("returned " + invocation + " " + delivered.length);
     });`,
  );
  for (const invocation of [1, 2, 3]) {
    child.process.stdin?.write(`${invocation}\n`);
    await child.printed(`returned ${invocation} 300`);
    child.process.kill("SIGSTOP");
    expect(server.taken.size).toBe(300 * invocation);
    server.closeConnections(); // what a frozen function's connections come to
    child.process.kill("SIGCONT");
  }
  child.process.kill("SIGKILL");
  await child.ended;
});
