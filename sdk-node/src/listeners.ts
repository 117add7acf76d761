import type { EventResult, RetryNotice } from "@sluice/core";

/** What a client tells its listeners. */
export interface SluiceEvents {
  /** An event was delivered, rejected or dropped. */
  readonly result: EventResult;
  /** A batch has to wait before it is sent again. */
  readonly retry: RetryNotice;
}

/** Listeners of a client, and the log for what nobody listens to. */
export class Listeners {
  readonly #log: (line: string) => void;
  readonly #logged = new Set<string>();
  readonly #result = new Set<(result: EventResult) => void>();
  readonly #retry = new Set<(notice: RetryNotice) => void>();

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** Adds a listener; returns what removes it. */
  add<K extends keyof SluiceEvents>(name: K, listener: (value: SluiceEvents[K]) => void): () => void {
    const set = this.#setOf(name);
    set.add(listener);
    return () => void set.delete(listener);
  }

  /** Tells a result; without a listener each kind of loss is logged once. */
  result(result: EventResult): void {
    for (const listener of this.#result) this.shield(() => listener(result));
    if (this.#result.size > 0 || result.outcome === "delivered") return;
    const line = `events are ${result.outcome} (${result.reason}); listen to "result" to see each of them`;
    this.#logOnce(result.reason, line);
  }

  /** Tells that a batch waits. */
  retry(notice: RetryNotice): void {
    for (const listener of this.#retry) this.shield(() => listener(notice));
  }

  /** Logs trouble that belongs to no event; each sentence once. */
  trouble(line: string): void {
    this.#logOnce(line, line);
  }

  /** Runs the host's code; what it throws or rejects with must not stop delivery, and it had its chance to handle it. */
  shield(run: () => unknown): void {
    try {
      const returned = run();
      if (returned instanceof Promise) returned.catch(() => undefined);
    } catch {
      // see above
    }
  }

  #logOnce(kind: string, line: string): void {
    if (this.#logged.has(kind)) return;
    this.#logged.add(kind);
    this.shield(() => this.#log(`@sluice/node: ${line}`));
  }

  #setOf<K extends keyof SluiceEvents>(name: K): Set<(value: SluiceEvents[K]) => void> {
    const sets: { readonly [N in keyof SluiceEvents]: Set<(value: SluiceEvents[N]) => void> } = {
      result: this.#result,
      retry: this.#retry,
    };
    return Object.hasOwn(sets, name) ? sets[name] : new Set();
  }
}
