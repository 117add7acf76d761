/** What a lease needs of its surroundings. */
export interface LeasePorts {
  readonly nowMs: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
}

/** How often a waiting holder looks again, in ms. */
const pollMs = 50;

/**
 * Work that one object of an isolate does at a time. A lease and not a lock: an object that dies in its work never gives
 * it back, and a promise that waits for another object's may never settle; after `msMax` the next one goes ahead.
 */
export class Lease {
  readonly #ports: LeasePorts;
  readonly #msMax: number;
  #held: { readonly holder: string; readonly untilMs: number } | null = null;

  constructor(ports: LeasePorts, msMax: number) {
    this.#ports = ports;
    this.#msMax = msMax;
  }

  /**
   * Does the work when it is its turn. A holder does one thing at a time: where its own name holds the lease, that was an
   * earlier life of it, which it need not wait for.
   */
  async hold<Value>(holder: string, work: () => Promise<Value>): Promise<Value> {
    while (this.#isTaken(holder)) await this.#ports.wait(pollMs);
    const own = { holder, untilMs: this.#ports.nowMs() + this.#msMax };
    this.#held = own;
    try {
      return await work();
    } finally {
      if (this.#held === own) this.#held = null;
    }
  }

  #isTaken(holder: string): boolean {
    return this.#held !== null && this.#held.holder !== holder && this.#held.untilMs > this.#ports.nowMs();
  }
}

/** Longest time that one part is waited for, in ms: it takes a second or two, unless R2 hangs. */
const partMsMax = 30_000;

/**
 * Held by the log of this isolate that makes a part. Objects of a class share one isolate of 128 MB, and a part at its
 * limits takes half of it.
 */
export const publishLease = new Lease(
  { nowMs: Date.now, wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
  partMsMax,
);
