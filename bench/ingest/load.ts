import { Agent, request } from "node:http";

/** Sends `body` `requests` times over `connections` kept-alive connections; resolves with the seconds it took. */
export async function sendMany(url: URL, body: Buffer, requests: number, connections: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let left = requests;
  const started = process.hrtime.bigint();
  const sendUntilDone = async (): Promise<void> => {
    while (left-- > 0) await sendOne(url, body, agent);
  };
  await Promise.all(Array.from({ length: connections }, sendUntilDone));
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  agent.destroy();
  return seconds;
}

function sendOne(url: URL, body: Buffer, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "text/plain", "content-length": body.length };
    const outgoing = request(url, { method: "POST", agent, headers }, (response) => {
      response.resume();
      response.on("end", () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${url.href} answered ${response.statusCode}`));
      });
      response.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
