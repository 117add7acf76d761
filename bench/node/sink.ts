import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

/** An ingest host that answers "taken" to everything, as cheaply as it can, and counts when it is asked. */
export class Sink {
  readonly #server: Server;
  #bodies: Buffer[] = [];
  #isAway = false;

  private constructor() {
    this.#server = createServer((request, response) => {
      if (this.#isAway) {
        request.destroy();
        return;
      }
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        this.#bodies.push(Buffer.concat(chunks));
        const reply = JSON.stringify({
          success: true,
          accepted: 0,
          rejected: [],
          serverTime: new Date().toISOString(),
        });
        response.setHeader("content-type", "application/json").end(reply);
      });
    });
  }

  static async listen(): Promise<Sink> {
    const sink = new Sink();
    await new Promise<void>((resolve) => sink.#server.listen(0, "127.0.0.1", resolve));
    return sink;
  }

  get host(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Requests so far. */
  get requests(): number {
    return this.#bodies.length;
  }

  /** From now on every connection is cut, or none any more. */
  setAway(isAway: boolean): void {
    this.#isAway = isAway;
    if (isAway) this.#server.closeAllConnections();
  }

  /** What came since the last time: bytes of the bodies as sent, events, and distinct `order_id`s among them. */
  take(): { readonly requests: number; readonly bytes: number; readonly events: number; readonly distinct: number } {
    const bodies = this.#bodies;
    this.#bodies = [];
    const ids = new Set<string>();
    let events = 0;
    for (const body of bodies) {
      const { batch = [] } = JSON.parse((body[0] === 0x1f ? gunzipSync(body) : body).toString()) as SinkBody;
      events += batch.length;
      for (const { properties } of batch) ids.add(properties?.order_id ?? "");
    }
    return {
      requests: bodies.length,
      bytes: bodies.reduce((sum, body) => sum + body.length, 0),
      events,
      distinct: ids.size,
    };
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

interface SinkBody {
  readonly batch?: readonly { readonly properties?: { readonly order_id?: string } }[];
}
