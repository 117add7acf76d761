import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

/** What happens to a batch: answered as usual; accepted, but the answer is lost; refused with a status, or lost itself (0). */
type Fate = "ok" | "reply lost" | number;

/** One batch as the server saw it. */
export interface SeenBatch {
  readonly atMs: number;
  readonly ids: readonly string[];
  readonly events: readonly Record<string, unknown>[];
  readonly fate: Fate;
}

/**
 * An ingest host that fails as it is told, and serves the page too. Pages are at `localhost`, ingest is at `127.0.0.1`, so
 * that every batch crosses origins as on a real site.
 */
export class FaultServer {
  readonly batches: SeenBatch[] = [];
  /** Every request's method and path. */
  readonly requests: string[] = [];
  fate: (index: number) => Fate = () => "ok";
  /** HTML by path; other paths get a page with the script. */
  readonly pages = new Map<string, string>();
  #server: Server | undefined;
  #port = 0;
  readonly #html: (ingest: string) => string;
  /** Scripts by path. */
  readonly scripts: Map<string, string>;

  constructor(html: (ingest: string) => string, scripts: Map<string, string>) {
    this.#html = html;
    this.scripts = scripts;
  }

  get page(): string {
    return `http://localhost:${this.#port}`;
  }

  get ingest(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Ids of events that the server holds, each as often as it accepted it. */
  accepted(): string[] {
    return this.batches.filter(({ fate }) => typeof fate !== "number").flatMap(({ ids }) => ids);
  }

  /** Names of distinct accepted track events. */
  names(): Set<string> {
    const held = this.batches.filter(({ fate }) => typeof fate !== "number").flatMap(({ events }) => events);
    return new Set(held.filter((event) => event["type"] === "track").map((event) => String(event["event"])));
  }

  async start(): Promise<void> {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    await new Promise<void>((done) => this.#server?.listen(this.#port, done));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    await new Promise<void>((done) => {
      if (!server) return done();
      server.close(() => done());
      server.closeAllConnections();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    this.requests.push(`${request.method} ${path}`);
    if (request.method === "GET") return this.#servePage(path, response);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const text = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString();
    const { batch } = JSON.parse(text) as { batch: Record<string, unknown>[] };
    const fate = this.fate(this.batches.length);
    this.batches.push({ atMs: Date.now(), ids: batch.map((event) => String(event["messageId"])), events: batch, fate });
    if (fate === "reply lost" || fate === 0) return void response.destroy();
    const headers = { "access-control-allow-origin": "*", "access-control-expose-headers": "retry-after" };
    response.writeHead(fate === "ok" ? 200 : fate, headers);
    const reply = {
      success: fate === "ok",
      accepted: batch.length,
      rejected: [],
      serverTime: new Date().toISOString(),
    };
    response.end(JSON.stringify(reply));
  }

  #servePage(path: string, response: ServerResponse): void {
    const script = this.scripts.get(path);
    const type = script === undefined ? "text/html" : "text/javascript";
    response.writeHead(200, { "content-type": `${type}; charset=utf-8` });
    response.end(script ?? this.pages.get(path) ?? this.#html(this.ingest));
  }
}
