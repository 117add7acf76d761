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
  /** Every event at its first arrival, in that order. */
  readonly events: WireRequest["body"]["batch"][number][] = [];
  /** Most requests that were being answered at one time. */
  mostAtOnce = 0;
  /** How long an answer takes, ms. */
  delayMs: () => number = () => 0;
  /** Connections that were opened. */
  connections = 0;
  #atOnce = 0;
  #cutsReuse = false;
  readonly #used = new WeakSet<object>();
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

  /** Cuts every connection, as a load balancer does with idle ones. */
  closeConnections(): void {
    this.#server.closeAllConnections();
  }

  /** The next request on a connection that was used before finds it closed, as if its idle time had just run out. */
  cutNextReuse(): void {
    this.#cutsReuse = true;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    if (this.#cutsReuse && this.#used.has(request.socket)) {
      this.#cutsReuse = false;
      request.socket.resetAndDestroy();
      return;
    }
    if (!this.#used.has(request.socket)) this.connections++;
    this.#used.add(request.socket);
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const bytes = Buffer.concat(chunks);
      const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
      const body = JSON.parse((gzipped ? gunzipSync(bytes) : bytes).toString()) as WireRequest["body"];
      const seen = { path: request.url ?? "", headers: request.headers, gzipped, body };
      const answer = this.answer(seen, this.requests.length);
      this.requests.push(seen);
      this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
      this.#take(answer, seen);
      const reply = (): void => {
        this.#atOnce--;
        this.#reply(answer, seen, response);
      };
      const delayMs = this.delayMs();
      if (delayMs > 0) setTimeout(reply, delayMs);
      else reply();
    });
  }

  #take(answer: Answer, { body }: WireRequest): void {
    if (answer !== "ok" && answer !== "take and hang up") return;
    for (const event of body.batch) {
      if (!this.taken.has(event.messageId)) this.events.push(event);
      this.taken.add(event.messageId);
    }
  }

  #reply(answer: Answer, { body }: WireRequest, response: ServerResponse): void {
    if (answer === "silence") return;
    if (typeof answer === "object") {
      if (answer.retryAfter !== undefined) response.setHeader("retry-after", answer.retryAfter);
      response.writeHead(answer.status).end(JSON.stringify({ success: false, code: "test", message: "test" }));
    } else if (answer === "ok") {
      const reply = { success: true, accepted: body.batch.length, rejected: [], serverTime: new Date().toISOString() };
      response.setHeader("content-type", "application/json").end(JSON.stringify(reply));
    } else response.destroy();
  }
}
