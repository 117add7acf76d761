import { Agent } from "node:http";
import { post } from "./post.ts";

/** Sends `body` `requests` times over `connections` kept-alive connections; resolves with the seconds it took. */
export async function sendMany(url: URL, body: Buffer, requests: number, connections: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let left = requests;
  const started = process.hrtime.bigint();
  const sendUntilDone = async (): Promise<void> => {
    while (left-- > 0) await post(url, body, agent);
  };
  await Promise.all(Array.from({ length: connections }, sendUntilDone));
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  agent.destroy();
  return seconds;
}
