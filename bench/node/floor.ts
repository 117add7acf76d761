import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { callOf } from "./calls.ts";

/** Events per request, the same that the contenders are told where they can be told. */
export const batchEvents = 1000;
const connections = 4;
const compress = promisify(gzip);

/** What no client can do without: build the event, write it, compress it, send it on a kept connection. No queue, no retry. */
export async function sendFloor(host: string, writeKey: string, events: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < events) {
      const first = next;
      next = Math.min(events, next + batchEvents);
      await post(new URL("/v1/batch", host), agent, await compress(bodyOf(first, next, writeKey)));
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  agent.destroy();
}

function bodyOf(from: number, to: number, writeKey: string): string {
  const batch = [];
  for (let index = from; index < to; index++) {
    batch.push({
      type: "track",
      messageId: randomUUID(),
      timestamp: new Date(),
      context: { library: { name: "floor", version: "1" } },
      ...callOf(index),
    });
  }
  return JSON.stringify({ writeKey, batch, sentAt: new Date() });
}

function post(url: URL, agent: Agent, body: Buffer): Promise<void> {
  const headers = { "content-type": "application/json", "content-encoding": "gzip", "content-length": body.length };
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: "POST", agent, headers }, (response) => {
      response.resume();
      response.on("end", resolve);
      response.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
