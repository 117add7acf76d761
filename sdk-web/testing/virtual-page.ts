import { createContext, runInContext } from "node:vm";
import { storageOf } from "./storage.ts";
import type { VirtualTime } from "../../sdk-core/testing/virtual-time.ts";

/** What a page of a virtual device stands on. */
export interface VirtualPorts {
  readonly time: VirtualTime;
  /** The device's clock, ms. */
  readonly nowMs: () => number;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly storage: Map<string, string>;
  /** Answers one request body; rejects when no answer comes. */
  readonly send: (body: string) => Promise<{ readonly status: number; readonly serverTime?: string }>;
}

/**
 * A page whose clock, timers and network are virtual, with the built script in it: nothing of the script is replaced. It has
 * no IndexedDB, no Web Locks and no CompressionStream, so it runs in virtual time alone.
 */
export class VirtualPage {
  readonly #context: Record<string, unknown>;
  #isGone = false;

  constructor(script: string, options: object, ports: VirtualPorts) {
    const listeners = new Map<string, (() => void)[]>();
    const alive = (run: () => void) => () => void (this.#isGone || run());
    const page: Record<string, unknown> = {
      document: { title: "Virtual", referrer: "" },
      location: { href: "https://shop.example/", pathname: "/", search: "" },
      navigator: { language: "en" },
      addEventListener: (name: string, run: () => void) => listeners.set(name, [...(listeners.get(name) ?? []), run]),
      crypto: { getRandomValues: (bytes: Uint8Array) => bytes.map(() => ports.random() * 256) },
      random: ports.random,
      URLSearchParams,
      AbortSignal: { timeout: (ms: number) => ms },
      Blob: class {
        readonly text: string;
        readonly size: number;
        constructor([text = ""]: readonly string[]) {
          this.text = text;
          this.size = text.length;
        }
      },
      localStorage: storageOf(ports.storage),
      now: ports.nowMs,
      setTimeout: (run: () => void, ms = 0) => ports.time.setTimer(alive(run), Math.ceil(ms)),
      queueMicrotask: (run: () => void) => queueMicrotask(alive(run)),
      fetch: (_: string, { body, signal }: { body: { text: string }; signal: number }) =>
        new Promise((resolve, reject) => {
          ports.time.setTimer(
            alive(() => reject(new Error("timeout"))),
            signal,
          );
          ports.send(body.text).then(
            ({ status, serverTime }) =>
              alive(() =>
                resolve({
                  status,
                  headers: { get: () => null },
                  json: () => Promise.resolve({ success: true, rejected: [], serverTime }),
                }),
              )(),
            (error: unknown) => alive(() => reject(error as Error))(),
          );
        }),
    };
    this.#context = createContext(page);
    this.#listeners = listeners;
    this.#run(
      `Date = class extends Date { constructor(...given) { given.length ? super(...given) : super(now()) } static now() { return now() } };
      Math.random = random`,
    );
    this.#run(script);
    this.#run(`sluice.load(${JSON.stringify(options)})`);
  }

  readonly #listeners: ReadonlyMap<string, readonly (() => void)[]>;

  /** Tracks one event; returns its message id. */
  track(): string {
    this.#run(`sluice.use({ before: (event) => { id = event.messageId; return event } })(sluice.track("Tested"))`);
    return this.#context["id"] as string;
  }

  /** The visitor goes on to another page: this one may send what fits, and hears no answer. */
  leave(): void {
    for (const run of this.#listeners.get("pagehide") ?? []) run();
    this.#isGone = true;
  }

  #run(code: string): void {
    runInContext(code, this.#context);
  }
}
