import { alarmedKeysMax, keyRequestsPerMinuteAlarm } from "./limits.ts";

const minuteMs = 60_000;

/**
 * Counts the requests of each write key by minute, and says when one passes the alarm. It only ever tells: a limit on the whole
 * key would let any stranger silence a site with the key that stands in its pages.
 */
export class KeyAlarm {
  #minute = 0;
  readonly #requests = new Map<string, number>();

  /** Counts one request. `true` once a minute, when the key passes the alarm. */
  count(key: string, nowMs: number): boolean {
    const minute = Math.floor(nowMs / minuteMs);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#requests.clear();
    }
    const requests = (this.#requests.get(key) ?? 0) + 1;
    if (requests > 1 || this.#requests.size < alarmedKeysMax) this.#requests.set(key, requests);
    return requests === keyRequestsPerMinuteAlarm;
  }
}
