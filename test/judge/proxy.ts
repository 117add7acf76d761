import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

type Headers = IncomingMessage["headers"];

/** An answer that the network gives in the place of the ingest API, which never sees the request. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the network does with a request: passes it on, sends it twice, loses the answer to it on the way back, refuses it. */
export type Treatment = "once" | "twice" | "answer lost" | Refusal;

/** One request as a client sent it. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  /** Decompressed body; "" without one. */
  readonly body: string;
  readonly treatment: Treatment;
  /** When it had arrived, by `performance.now()`. */
  readonly atMs: number;
  /** Status of each answer of the ingest API: none when refused, two when sent twice, one more for each replay. */
  readonly statuses: number[];
  /** Headers of the answers. */
  readonly replyHeaders: Headers[];
  /** Bodies of the answers. */
  readonly replies: string[];
}

/** A proxy in front of the ingest API that is as good or as bad as a network may be. */
export interface Proxy {
  /** Base URL for clients. */
  readonly url: string;
  /** Every request so far, in the order in which the ingest API had answered (or would have). */
  readonly requests: readonly RecordedRequest[];
  /** Sends every POST so far once more, the same bytes with the same headers. */
  replay(): Promise<void>;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** A request as it came in. */
interface Original {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

/**
 * Starts a proxy on a free port. Of two answers the client gets the second, the one for the repetition.
 *
 * @param treat what happens to the POST of that number, from 1 in the order of arrival; other requests pass once.
 */
export async function startProxy(targetUrl: string, treat: (post: number) => Treatment): Promise<Proxy> {
  const requests: RecordedRequest[] = [];
  const posts: { readonly original: Original; readonly record: RecordedRequest }[] = [];
  let postCount = 0;
  async function relay(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = "", url: path = "", headers } = incoming;
    const treatment = method === "POST" ? treat(++postCount) : "once";
    const original: Original = { method, path, headers, body: await bytesOf(incoming) };
    const record = recordOf(original, treatment);
    const answer = await answerTo(targetUrl, original, record);
    requests.push(record);
    if (method === "POST") posts.push({ original, record });
    if (treatment === "answer lost") {
      incoming.socket.destroy();
      return;
    }
    const { "transfer-encoding": _encoding, connection: _connection, ...replyHeaders } = answer.headers;
    outgoing.writeHead(answer.status, replyHeaders).end(answer.body);
  }
  const server = createServer((incoming, outgoing) => {
    relay(incoming, outgoing).catch((error: unknown) => {
      outgoing.writeHead(502).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async replay() {
      for (const { original, record } of posts) note(record, await forward(targetUrl, original));
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function recordOf({ method, path, headers, body }: Original, treatment: Treatment): RecordedRequest {
  const answers = { statuses: [], replyHeaders: [], replies: [] };
  return { method, path, headers, body: textOf(body), treatment, atMs: performance.now(), ...answers };
}

/** The answer for the client; the ingest API's own answers are noted on the way. */
async function answerTo(targetUrl: string, original: Original, record: RecordedRequest): Promise<Answer> {
  const { treatment } = record;
  if (typeof treatment === "object") return refusalTo(targetUrl, original, treatment);
  const answer = await forward(targetUrl, original);
  note(record, answer);
  if (treatment !== "twice") return answer;
  const second = await forward(targetUrl, original);
  note(record, second);
  return second;
}

/** A refusal with the CORS headers of the ingest API itself: what a page may read of it is for the ingest API to say. */
async function refusalTo(targetUrl: string, { headers }: Original, refusal: Refusal): Promise<Answer> {
  const { origin } = headers;
  const asked = { method: "GET", path: "/v1/health", headers: origin === undefined ? {} : { origin } };
  const { headers: own } = await forward(targetUrl, { ...asked, body: Buffer.alloc(0) });
  const cors = Object.entries(own).filter(([name]) => name === "vary" || name.startsWith("access-control-"));
  const body = Buffer.from(JSON.stringify({ success: false, code: "refused", message: "Refused by the network." }));
  const said = { "content-type": "application/json", ...refusal.headers };
  return { status: refusal.status, headers: { ...Object.fromEntries(cors), ...said }, body };
}

function note(record: RecordedRequest, answer: Answer): void {
  record.statuses.push(answer.status);
  record.replyHeaders.push(answer.headers);
  record.replies.push(replyText(answer));
}

function forward(targetUrl: string, original: Original): Promise<Answer> {
  const target = new URL(original.path, targetUrl);
  const { "transfer-encoding": _chunked, connection: _connection, ...headers } = original.headers;
  headers.host = target.host;
  if (original.body.length > 0) headers["content-length"] = String(original.body.length);
  return new Promise((resolve, reject) => {
    const outgoing = request(target, { method: original.method, headers }, (response) => {
      bytesOf(response).then(
        (bytes) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes }),
        reject,
      );
    });
    outgoing.on("error", reject);
    outgoing.end(original.body);
  });
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The answer is passed on as it came; only the record is decompressed. */
function replyText(answer: Answer): string {
  const isBrotli = answer.headers["content-encoding"] === "br";
  return isBrotli ? brotliDecompressSync(answer.body).toString("utf8") : textOf(answer.body);
}

function textOf(body: Buffer): string {
  const isGzip = body[0] === 0x1f && body[1] === 0x8b;
  return (isGzip ? gunzipSync(body) : body).toString("utf8");
}
