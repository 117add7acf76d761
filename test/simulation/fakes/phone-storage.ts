import type { MobileStorage } from "@sluice/react-native";
import { calmPhone, type PhoneFaults } from "../faults.ts";
import type { Process } from "../process.ts";
import type { Random } from "../random.ts";
import type { Scheduler } from "../scheduler.ts";

const usualMsMax = 30;
const slowMsMax = 10_000;

/** The key-value storage of a phone. It outlives the processes of the app. */
export class PhoneStorage {
  readonly entries = new Map<string, string>();
  faults: PhoneFaults = calmPhone;
  /** Operations that failed, or took longer than an SDK waits. */
  failures = 0;
  readonly #scheduler: Scheduler;
  readonly #random: Random;

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /** The storage as a process sees it; half of all apps have one that takes many entries at once. */
  portOf(process: Process): MobileStorage {
    const read = <Value>(effect: () => Value): Promise<Value> => this.#run(process, effect);
    const write = (changes: readonly (readonly [string, string | null])[]): Promise<void> => {
      return this.#run(process, (share) => this.#apply(changes.slice(0, Math.ceil(changes.length * share))));
    };
    const single: MobileStorage = {
      getItem: (key) => read(() => this.entries.get(key) ?? null),
      setItem: (key, value) => write([[key, value]]),
      removeItem: (key) => write([[key, null]]),
      getAllKeys: () => read(() => [...this.entries.keys()]),
    };
    if (this.#random.chance(0.5)) return single;
    return {
      ...single,
      multiGet: (keys) => read(() => keys.map((key) => [key, this.entries.get(key) ?? null] as const)),
      multiSet: (entries) => write(entries),
      multiRemove: (keys) => write(keys.map((key) => [key, null])),
    };
  }

  #apply(changes: readonly (readonly [string, string | null])[]): void {
    for (const [key, value] of changes) {
      if (value === null) this.entries.delete(key);
      else this.entries.set(key, value);
    }
  }

  /** @param effect given the share of its changes that it makes. */
  #run<Value>(process: Process, effect: (share: number) => Value): Promise<Value> {
    const random = this.#random;
    const [failed, slowed, died, where, took] = [
      random.next(),
      random.next(),
      random.next(),
      random.next(),
      random.next(),
    ];
    const { storageFails, storageSlow, storageDies } = this.faults;
    return new Promise((resolve, reject) => {
      if (failed < storageFails || slowed < storageSlow) this.failures += 1;
      const delayMs = 1 + took * (slowed < storageSlow ? slowMsMax : usualMsMax);
      this.#scheduler.after(delayMs, "", () => {
        if (!process.isAlive) return;
        if (died < storageDies) {
          this.#scheduler.trouble("app dies as it writes");
          effect(where < 0.3 ? 0 : where < 0.6 ? 0.5 : 1);
          process.kill();
        } else if (failed < storageFails) {
          this.#scheduler.trouble("phone's storage fails");
          reject(new Error("database or disk is full"));
        } else {
          resolve(effect(1));
        }
      });
    });
  }
}
