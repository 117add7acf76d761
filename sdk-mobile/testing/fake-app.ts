import { gunzipSync } from "node:zlib";
import { createClient } from "../src/client.ts";
import type { MobileClient, MobileOptions } from "../src/options.ts";
import type { MobileFetch } from "../src/ports.ts";
import { FakeStorage } from "./fake-storage.ts";
import { createRandom } from "./random.ts";

/** A write key that has the right form. */
export const appKey = "app.ios.p1.AAAAAAAAAAAAAAAAAAAAAA";

/** A request as the server sees it. */
export interface Sent {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
  readonly body: {
    readonly writeKey: string;
    readonly batch: readonly Record<string, unknown>[];
    readonly clockOffsetMs?: number;
  };
}

/** What the network does with a request: the server takes it, its reply gets lost, it never arrives, or a status. */
export type Fate = "ok" | "reply lost" | "offline" | "captive portal" | number;

/** An app on a phone: storage that outlives its processes, AppState, NetInfo, Linking, and a network that tests control. */
export class FakeApp {
  readonly storage = new FakeStorage();
  readonly sent: Sent[] = [];
  /** Requests that were tried, whatever became of them. */
  requests = 0;
  fate: Fate = "ok";
  /** How far the server's clock is ahead of the phone's, ms. */
  skewMs = 0;
  launchUrl: string | null = null;
  currentState: string | null = "active";
  #state: ((state: string) => void) | null = null;
  #network: ((state: { isConnected: boolean | null; type?: string }) => void) | null = null;
  #link: ((event: { url: string }) => void) | null = null;
  #process = { isOver: false };
  readonly #random: () => number;
  readonly #create: typeof createClient;

  /** The same seed gives the same ids and pauses; `create` makes the clients. */
  constructor(seed = 1, create = createClient) {
    this.#random = createRandom(seed);
    this.#create = create;
  }

  /** Starts a process; the one before it ends as a killed one does, without a word. */
  start(options: Partial<MobileOptions> = {}, kind: "multi" | "single" = "multi"): MobileClient {
    this.kill();
    const life = (this.#process = { isOver: false });
    this.storage.died = () => this.kill();
    return this.#create({
      host: "https://in.example.com/",
      writeKey: appKey,
      storage: this.storage.attach(kind),
      fetch: (url, init) => (life.isOver ? new Promise(() => undefined) : this.#fetch(url, init)),
      appState: {
        currentState: this.currentState,
        addEventListener: (_, listener) => ((this.#state = listener), { remove: () => (this.#state = null) }),
      },
      netInfo: { addEventListener: (listener) => ((this.#network = listener), () => (this.#network = null)) },
      context: { app: { version: "7", build: "70" } },
      random: (bytes) => bytes.forEach((_, i) => (bytes[i] = Math.floor(this.#random() * 256))),
      ...options,
    });
  }

  readonly linking = {
    getInitialURL: () => Promise.resolve(this.launchUrl),
    addEventListener: (_: "url", listener: (event: { url: string }) => void) => (
      (this.#link = listener),
      { remove: () => (this.#link = null) }
    ),
  };

  /** The process is gone: what it sends from now on goes nowhere, and nobody tells it anything. */
  kill(): void {
    this.#process.isOver = true;
    this.#state = this.#network = this.#link = null;
  }

  state(state: string): void {
    this.currentState = state;
    this.#state?.(state);
  }

  network(isConnected: boolean, type?: string): void {
    this.fate = isConnected ? "ok" : "offline";
    this.#network?.({ isConnected, ...(type !== undefined && { type }) });
  }

  link(url: string): void {
    this.#link?.({ url });
  }

  /** Every event that the server has taken, resends included, oldest first. */
  events(): Record<string, unknown>[] {
    return this.sent.flatMap((request) => request.body.batch);
  }

  /** Ids that the server has taken, each once. */
  ids(): unknown[] {
    return [...new Set(this.events().map((event) => event["messageId"]))];
  }

  names(): unknown[] {
    return this.events().map((event) => event["event"] ?? event["name"] ?? event["type"]);
  }

  /** Keys of the events on disk. */
  queued(): string[] {
    return [...this.storage.entries.keys()].filter((key) => key.includes(".q."));
  }

  readonly #fetch: MobileFetch = async (url, { headers, body }) => {
    await Promise.resolve();
    this.requests++;
    if (this.fate === "offline") throw new TypeError("Network request failed");
    if (typeof this.fate === "number") return reply(this.fate, {});
    if (this.fate === "captive portal") return reply(200, { message: "Please sign in to the network." });
    const json = typeof body === "string" ? body : gunzipSync(body).toString("utf8");
    const sent = { url, headers, bytes: body.length, body: JSON.parse(json) as Sent["body"] };
    this.sent.push(sent);
    if (this.fate === "reply lost") throw new TypeError("Network request failed");
    const accepted = sent.body.batch.length;
    return reply(200, {
      success: true,
      accepted,
      rejected: [],
      serverTime: new Date(Date.now() + this.skewMs).toISOString(),
    });
  };
}

function reply(status: number, body: object): Awaited<ReturnType<MobileFetch>> {
  return { status, headers: { get: () => null }, text: () => Promise.resolve(JSON.stringify(body)) };
}
