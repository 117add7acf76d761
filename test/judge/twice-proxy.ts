import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

/** One request as a client sent it. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** Decompressed body; "" without one. */
  readonly body: string;
  /** Status of each answer: one for what is sent only once, two for a POST, one more for each replay. */
  readonly statuses: number[];
  /** Bodies of the answers. */
  readonly replies: string[];
}

/** A proxy in front of the ingest API that sends every POST twice, byte for byte, as a network may. */
export interface TwiceProxy {
  /** Base URL for clients. */
  readonly url: string;
  /** Every request so far, in the order of arrival. */
  readonly requests: readonly RecordedRequest[];
  /** Sends every POST so far once more, the same bytes with the same headers. */
  replay(): Promise<void>;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** Starts a proxy on a free port. The client gets the second answer, the one for the repetition. */
export async function startTwiceProxy(targetUrl: string): Promise<TwiceProxy> {
  const requests: RecordedRequest[] = [];
  const posts: { readonly original: Original; readonly record: RecordedRequest }[] = [];
  const server = createServer((incoming, outgoing) => {
    relay(targetUrl, incoming, outgoing, (original, record) => {
      requests.push(record);
      if (record.method === "POST") posts.push({ original, record });
    }).catch((error: unknown) => {
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

/** A request as it came in. */
interface Original {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

async function relay(
  targetUrl: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  keep: (original: Original, record: RecordedRequest) => void,
): Promise<void> {
  const { method = "", url: path = "", headers } = incoming;
  const original: Original = { method, path, headers, body: await bytesOf(incoming) };
  const record: RecordedRequest = { method, path, headers, body: textOf(original.body), statuses: [], replies: [] };
  let answer = await forward(targetUrl, original);
  note(record, answer);
  if (method === "POST") {
    answer = await forward(targetUrl, original);
    note(record, answer);
  }
  keep(original, record);
  const { "transfer-encoding": _encoding, connection: _connection, ...replyHeaders } = answer.headers;
  outgoing.writeHead(answer.status, replyHeaders).end(answer.body);
}

function note(record: RecordedRequest, answer: Answer): void {
  record.statuses.push(answer.status);
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
