import { Agent } from "node:http";
import { connect, createServer, type AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FaultServer } from "../testing/fault-server.ts";
import { createClient } from "./index.ts";

let server: FaultServer;
let host: string;
const writeKey = "shop.server.s1.abcdefghijklmnopqrstuv";

beforeEach(async () => {
  server = new FaultServer();
  host = await server.listen();
});
afterEach(() => server.close());

test("SN25: an agent of the host's carries the connections, for example through a proxy", async () => {
  let tunnelled = 0;
  const proxy = createServer((socket) => {
    tunnelled++;
    socket.pipe(connect(Number(new URL(host).port), "127.0.0.1")).pipe(socket);
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  class ThroughProxy extends Agent {
    override createConnection(): ReturnType<typeof connect> {
      return connect((proxy.address() as AddressInfo).port, "127.0.0.1");
    }
  }
  const agent = new ThroughProxy({ keepAlive: true });
  const client = createClient({ host: host.replace("127.0.0.1", "in.invalid"), writeKey, agent });
  client.track({ userId: "u", event: "e" });
  expect((await client.closeAndFlush({ timeoutMs: 5000 })).delivered).toHaveLength(1);
  expect(tunnelled).toBe(1);
  agent.destroy();
  proxy.close();
});

test("SN25: a fetch of the host's sends the requests, gzip and time limit included; what it throws is no answer", async () => {
  const seen: { readonly url: string; readonly encoding: string | null; readonly hasSignal: boolean }[] = [];
  const client = createClient({
    host,
    writeKey,
    fetch: (url, init) => {
      seen.push({
        url,
        encoding: new Headers(init.headers).get("content-encoding"),
        hasSignal: init.signal instanceof AbortSignal,
      });
      if (seen.length === 1) throw new Error("no route");
      return fetch(url, init);
    },
  });
  client.track({ userId: "u", event: "e", properties: { text: "x".repeat(2000) } });
  expect((await client.closeAndFlush({ timeoutMs: 10_000 })).delivered).toHaveLength(1);
  expect(seen).toHaveLength(2);
  expect(seen[1]).toEqual({ url: `${host}/v1/batch`, encoding: "gzip", hasSignal: true });
  expect(server.requests[0]?.gzipped).toBe(true);
});

test("SN26: connections are kept; one that the server had closed meanwhile costs no pause", async () => {
  const client = createClient({ host, writeKey });
  const retries: unknown[] = [];
  client.on("retry", (notice) => retries.push(notice));
  for (let i = 0; i < 5; i++) {
    client.track({ userId: "u", event: "e" });
    await client.flush();
  }
  expect(server.connections).toBe(1);
  server.cutNextReuse();
  client.track({ userId: "u", event: "e" });
  const { delivered } = await client.closeAndFlush();
  expect(delivered).toHaveLength(1);
  expect(server.connections).toBe(2);
  expect(retries).toEqual([]);
});

test("SN26: a reply without end, or cut off, is no answer", async () => {
  const endless = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n");
      const chunk = " ".repeat(100_000);
      const pour = (): void => {
        while (!socket.destroyed && socket.write(chunk));
        if (!socket.destroyed) socket.once("drain", pour);
      };
      pour();
    });
  });
  await new Promise<void>((resolve) => endless.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(endless.address() as AddressInfo).port}`;
  for (const custom of [{}, { fetch: (url: string, init: RequestInit) => fetch(url, init) }]) {
    const client = createClient({ host: address, writeKey, log: () => undefined, ...custom });
    const retried = new Promise<number>((resolve) => client.on("retry", ({ status }) => resolve(status)));
    client.track({ userId: "u", event: "e" });
    void client.flush();
    expect(await retried).toBe(0);
    await client.closeAndFlush({ timeoutMs: 0 });
  }
  endless.close();
});
