import type { SendReply, SendRequest } from "@sluice/core";
import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { ReadOptions } from "../options.ts";
import { gzipBytesMin, replyBytesMax } from "./send-limits.ts";

const compress = promisify(gzip);

/** How long an idle connection is kept, ms: less than the 60 s after which common load balancers close theirs. */
const idleConnectionMsMax = 45_000;

/** Makes the function that sends one batch over node:http, on connections that are kept. It never rejects: no answer is status 0. */
export function createHttpSend(options: ReadOptions): (request: SendRequest) => Promise<SendReply> {
  const url = new URL(`${options.host}/v1/batch`);
  const isHttps = url.protocol === "https:";
  const settings = { keepAlive: true, maxSockets: options.maxInFlight, timeout: idleConnectionMsMax };
  const agent = (options.agent as HttpAgent | null) ?? (isHttps ? new HttpsAgent(settings) : new HttpAgent(settings));
  const open = isHttps ? httpsRequest : httpRequest;

  const attempt = (body: Buffer | string, isZipped: boolean): Promise<SendReply | "stale connection"> =>
    new Promise((resolve) => {
      const headers: Record<string, string | number> = {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
      };
      if (isZipped) headers["content-encoding"] = "gzip";
      const request = open(url, { method: "POST", agent, headers });
      const limit = setTimeout(() => request.destroy(new Error("no answer in time")), options.requestTimeoutMs);
      limit.unref();
      request.on("socket", (socket) => socket.unref()); // who waits for the answer holds the process; a request alone does not
      const finish = (reply: SendReply | "stale connection"): void => {
        clearTimeout(limit);
        resolve(reply);
      };
      request.on("error", (error) => finish(isStale(request, error) ? "stale connection" : { status: 0 }));
      request.on("response", (response) => void readReply(response).then(finish));
      request.end(body);
    });

  const deliver = async (packed: Promise<Buffer> | string): Promise<SendReply> => {
    try {
      const isZipped = typeof packed !== "string";
      const body = await packed;
      const reply = await attempt(body, isZipped);
      // The server had closed a kept connection before it read anything: that is no failure, and a new one is taken at once.
      const second = reply === "stale connection" ? await attempt(body, isZipped) : reply;
      return second === "stale connection" ? { status: 0 } : second;
    } catch {
      return { status: 0 }; // what an agent of the host's throws; whether the batch arrived is unknown, so it is sent again
    }
  };

  // Not asynchronous itself: such a function would hold the long text until the answer is there.
  return ({ body }) => deliver(options.gzip && body.length >= gzipBytesMin ? compress(body) : body);
}

/** https://nodejs.org/api/http.html#requestreusedsocket */
function isStale(request: ClientRequest, error: NodeJS.ErrnoException): boolean {
  return request.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
}

function readReply(response: IncomingMessage): Promise<SendReply> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= replyBytesMax) chunks.push(chunk);
      else response.destroy();
    });
    response.on("end", () => {
      const retryAfter = response.headers["retry-after"] ?? null;
      resolve({ status: response.statusCode ?? 0, retryAfter, body: Buffer.concat(chunks).toString() });
    });
    response.on("close", () => resolve({ status: 0 })); // after the end it changes nothing; before it the answer was cut off
    response.on("error", () => resolve({ status: 0 }));
  });
}
