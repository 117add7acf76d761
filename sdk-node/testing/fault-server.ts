import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

/** One request as it came over the wire. */
export interface WireRequest {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly gzipped: boolean;
  readonly body: {
    readonly writeKey: string;
    readonly sentAt: string;
    readonly batch: readonly { readonly messageId: string; readonly [field: string]: unknown }[];
  };
}

/** How a request is answered: as usual, by hanging up before or after taking it, never, or with a status. */
export type Answer = "ok" | "hang up" | "take and hang up" | "silence" | { status: number; retryAfter?: string };

/** An ingest server on a real socket that fails on command. */
export class FaultServer {
  readonly requests: WireRequest[] = [];
  readonly taken = new Set<string>();
  answer: (request: WireRequest, index: number) => Answer = () => "ok";
  readonly #server = createServer((request, response) => this.#serve(request, response));

  /** Listens on a free port; returns the host for an SDK. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const bytes = Buffer.concat(chunks);
      const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
      const body = JSON.parse((gzipped ? gunzipSync(bytes) : bytes).toString()) as WireRequest["body"];
      const seen = { path: request.url ?? "", headers: request.headers, gzipped, body };
      const answer = this.answer(seen, this.requests.length);
      this.requests.push(seen);
      this.#reply(answer, seen, response);
    });
  }

  #reply(answer: Answer, { body }: WireRequest, response: ServerResponse): void {
    if (answer === "silence") return;
    if (answer === "ok" || answer === "take and hang up")
      for (const event of body.batch) this.taken.add(event.messageId);
    if (typeof answer === "object") {
      if (answer.retryAfter !== undefined) response.setHeader("retry-after", answer.retryAfter);
      response.writeHead(answer.status).end(JSON.stringify({ success: false, code: "test", message: "test" }));
    } else if (answer === "ok") {
      const reply = { success: true, accepted: body.batch.length, rejected: [], serverTime: new Date().toISOString() };
      response.setHeader("content-type", "application/json").end(JSON.stringify(reply));
    } else response.destroy();
  }
}
