import { compileFunction } from "node:vm";
import type { VirtualTime } from "../../sdk-core/testing/virtual-time.ts";
import { storageOf } from "./storage.ts";

/** What the pages of a virtual browser stand on. */
export interface VirtualPorts {
  readonly time: VirtualTime;
  /** The device's clock, ms. */
  readonly nowMs: () => number;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly storage: Map<string, string>;
  /** Web Locks that are held, by name. */
  readonly locks: Set<string>;
  /** Answers one request body; rejects when no answer comes. */
  readonly send: (body: string) => Promise<{ readonly status: number; readonly serverTime?: string }>;
}

/** The script as a function of the globals that it finds, compiled once. */
type Script = (...globals: unknown[]) => void;

const globalNames = [
  ...["globalThis", "addEventListener", "navigator", "localStorage", "location", "setTimeout", "queueMicrotask"],
  ...["crypto", "fetch", "Blob", "AbortSignal", "Date", "Math"],
];

/** Compiles the built script, for any number of pages. */
export const compileScript = (code: string): Script => compileFunction(code, globalNames) as Script;

interface VirtualClient {
  track(event: string): void;
  use(plugin: { before(event: { messageId: string }): object }): () => void;
}

/**
 * A page whose clock, timers, locks and network are virtual, with the built script in it: nothing of the script is replaced. It
 * has no IndexedDB and no CompressionStream, so it runs in virtual time alone.
 */
export class VirtualPage {
  readonly #client: VirtualClient;
  readonly #listeners = new Map<string, (() => void)[]>();
  readonly #held = new Set<string>();
  readonly #ports: VirtualPorts;
  #isGone = false;

  constructor(script: Script, options: object, ports: VirtualPorts) {
    this.#ports = ports;
    const { time, nowMs, random } = ports;
    const later = (run: () => void, ms = 0): unknown => time.setTimer(this.#alive(run), Math.ceil(ms));
    class VirtualDate extends Date {
      constructor(ms?: number | string) {
        super(ms ?? nowMs());
      }
      static override now = nowMs;
    }
    const page: { sluice?: { load(options: object): VirtualClient }; document: object } = {
      document: { title: "Virtual", referrer: "" },
    };
    const globals: Record<string, unknown> = {
      globalThis: page,
      addEventListener: (name: string, run: () => void) =>
        this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), run]),
      navigator: { language: "en", locks: { request: this.#request } },
      localStorage: storageOf(ports.storage),
      location: { href: "https://shop.example/", pathname: "/", search: "" },
      setTimeout: later,
      queueMicrotask: (run: () => void) => queueMicrotask(this.#alive(run)),
      crypto: { getRandomValues: (bytes: Uint8Array) => bytes.map(() => random() * 256) },
      fetch: this.#fetch,
      Blob: VirtualBlob,
      AbortSignal: { timeout: (ms: number) => ms },
      Date: VirtualDate,
      Math: Object.assign(Object.create(Math), { random }),
    };
    script(...globalNames.map((name) => globals[name]));
    const client = page.sluice?.load(options);
    if (client === undefined) throw new Error("the script defines no sluice");
    this.#client = client;
  }

  /** Tracks one event; returns its message id. */
  track(): string {
    let id = "";
    const stop = this.#client.use({
      before: (event) => {
        id = event.messageId;
        return event;
      },
    });
    this.#client.track("Tested");
    stop();
    return id;
  }

  /** The visitor goes on to another page: this one may send what fits, and hears no answer. */
  leave(): void {
    for (const run of this.#listeners.get("pagehide") ?? []) run();
    this.kill();
  }

  /** The browser dies. */
  kill(): void {
    this.#isGone = true;
    for (const name of this.#held) this.#ports.locks.delete(name);
  }

  #alive(run: () => void): () => void {
    return () => void (this.#isGone || run());
  }

  readonly #request = async (name: string, ...rest: unknown[]): Promise<void> => {
    const work = rest.at(-1) as (lock: object | null) => Promise<unknown>;
    await Promise.resolve();
    if (this.#isGone) return;
    if (this.#ports.locks.has(name)) return void (await work(null));
    this.#ports.locks.add(name);
    this.#held.add(name);
    await work({});
    if (this.#held.delete(name)) this.#ports.locks.delete(name);
  };

  readonly #fetch = (_: string, { body, signal }: { body: VirtualBlob; signal: number }): Promise<unknown> =>
    new Promise((resolve, reject) => {
      this.#ports.time.setTimer(
        this.#alive(() => reject(new Error("timeout"))),
        signal,
      );
      const answer = { headers: { get: () => null } };
      this.#ports.send(body.text).then(
        ({ status, serverTime }) => {
          const reply = { success: status === 200, rejected: [], serverTime };
          this.#alive(() => resolve({ ...answer, status, json: () => Promise.resolve(reply) }))();
        },
        (error: unknown) => this.#alive(() => reject(error as Error))(),
      );
    });
}

class VirtualBlob {
  readonly text: string;
  readonly size: number;
  constructor([text = ""]: readonly string[]) {
    this.text = text;
    this.size = text.length;
  }
}
