import { createContext, runInContext } from "node:vm";
import { gunzipSync } from "node:zlib";
import { storageOf } from "./storage.ts";

/** One request that the page made. */
export interface PageRequest {
  readonly url: string;
  readonly init: RequestInit;
  readonly gzipped: boolean;
  readonly body: {
    readonly writeKey: string;
    readonly clockOffsetMs?: number;
    readonly batch: readonly Record<string, unknown>[];
  };
}

type Handlers = Map<string, (() => void)[]>;

/** A page without a browser: just what the script touches, so that a test sees every access. */
export class FakePage {
  readonly requests: PageRequest[] = [];
  readonly scripts: string[] = [];
  /** What the page has written to the console as errors. */
  readonly errors: string[] = [];
  readonly window: Record<string, unknown> & { sluice?: Record<string, (...values: unknown[]) => unknown> };
  /** Answers one request: a status, or `null` for no answer. */
  answer: (index: number) => { status: number; serverTime?: string; hold?: boolean } | null = () => ({ status: 200 });
  readonly #handlers: Handlers = new Map();
  readonly #document: Record<string, unknown>;

  constructor(options: { search?: string; storage?: Map<string, string> | "forbidden"; navigator?: object } = {}) {
    const listen = (name: string, run: () => void): void => {
      this.#handlers.set(name, [...(this.#handlers.get(name) ?? []), run]);
    };
    const search = options.search ?? "";
    this.#document = {
      title: "Shop",
      referrer: "https://news.example/",
      hidden: false,
      addEventListener: listen,
      createElement: () => ({}),
      head: { appendChild: (element: { src: string }) => this.scripts.push(element.src) },
    };
    const page: Record<string, unknown> = {
      document: this.#document,
      location: { href: `https://shop.example/a${search}`, pathname: "/a", search },
      navigator: { language: "de-DE", userAgent: "Test", ...options.navigator },
      screen: { width: 800, height: 600 },
      addEventListener: listen,
      fetch: (url: string, init: RequestInit) => this.#fetch(url, init),
      console: { error: (line: string) => this.errors.push(line) },
    };
    for (const name of ["crypto", "Blob", "Response", "CompressionStream", "AbortSignal", "URLSearchParams"] as const) {
      page[name] = globalThis[name];
    }
    Object.assign(page, { setTimeout, clearTimeout, queueMicrotask });
    page["history"] = {
      state: null,
      pushState: (_: unknown, __: string, path: string) =>
        Object.assign(page["location"] as object, { pathname: path, href: `https://shop.example${path}` }),
    };
    defineStorage(page, options.storage ?? new Map());
    this.window = createContext(page);
    this.window["window"] = this.window;
  }

  run(code: string): void {
    runInContext(code, this.window);
  }

  /** The page is hidden, or goes. */
  leave(event: "pagehide" | "visibilitychange"): void {
    this.#document["hidden"] = event === "visibilitychange";
    for (const run of this.#handlers.get(event) ?? []) run();
  }

  /** All events of all requests. */
  events(): Record<string, unknown>[] {
    return this.requests.flatMap((request) => request.body.batch);
  }

  async #fetch(url: string, init: RequestInit): Promise<unknown> {
    const answer = this.answer(this.requests.length);
    const index = this.requests.length;
    this.requests.push({ url, init, gzipped: false, body: { writeKey: "", batch: [] } });
    const bytes = Buffer.from(await (init.body as Blob).arrayBuffer());
    const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const body = JSON.parse((gzipped ? gunzipSync(bytes) : bytes).toString()) as PageRequest["body"];
    this.requests[index] = { url, init, gzipped, body };
    if (answer === null) throw new TypeError("Failed to fetch");
    if (answer.hold) await new Promise(() => undefined);
    const serverTime = answer.serverTime ?? new Date().toISOString();
    const reply = { success: true, accepted: body.batch.length, rejected: [], serverTime };
    return {
      status: answer.status,
      headers: { get: () => null },
      json: () => Promise.resolve(JSON.parse(JSON.stringify(reply)) as unknown),
    };
  }
}

/** Puts `localStorage` on a page, or one that throws when it is touched. */
function defineStorage(page: Record<string, unknown>, entries: Map<string, string> | "forbidden"): void {
  if (entries !== "forbidden") {
    page["localStorage"] = storageOf(entries);
    return;
  }
  Object.defineProperty(page, "localStorage", {
    get() {
      throw new Error("SecurityError");
    },
  });
}
