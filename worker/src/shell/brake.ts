import { senderNetwork, type WriteKey } from "@sluice/schema";
import type { Counters } from "../counters.ts";
import { KeyAlarm } from "../key-alarm.ts";
import { brakeTimeMsMax } from "../limits.ts";
import type { RateLimitPort } from "./env.ts";
import { logLine } from "./log.ts";
import type { TimeLimits } from "./time-limit.ts";

/**
 * Slows down who sends too much: one public key from one address (an IPv6 /64). Server keys are never braked, and no number of
 * requests of a key as a whole is, of which the operator is only told. When the binding does not answer, the request goes on.
 */
export class Brake {
  readonly #limiter: RateLimitPort | null;
  readonly #counters: Counters;
  readonly #alarm = new KeyAlarm();

  /** @param limiter `null`: nothing is braked. */
  constructor(limiter: RateLimitPort | null, counters: Counters) {
    this.#limiter = limiter;
    this.#counters = counters;
  }

  /** Counts one request of a verified key. `true` when it is to be refused for now. */
  async isOver(key: WriteKey, address: () => string | null, nowMs: number, limits: TimeLimits): Promise<boolean> {
    const { project, source, kind, serial } = key;
    if (this.#alarm.count(`${project} ${serial}`, nowMs)) {
      this.#counters.keyAlarmed();
      logLine("warn", "key_over_alarm", { project, source, kind, serial });
    }
    if (this.#limiter === null || kind === "server") return false;
    const network = senderNetwork(address());
    return network !== null && this.#asks(this.#limiter, `${project} ${serial} ${network}`, limits);
  }

  async #asks(limiter: RateLimitPort, key: string, limits: TimeLimits): Promise<boolean> {
    try {
      const { success } = await limits.within(limiter.limit({ key }), brakeTimeMsMax);
      return !success;
    } catch (error) {
      this.#counters.brakeFailed();
      logLine("warn", "brake_failed", {}, error); // a brake that is broken must not stop the site's events
      return false;
    }
  }
}
