import { acceptsSnapshot, registryKey, type RegistrySnapshot } from "@sluice/schema";
import { parseSnapshot } from "../snapshot.ts";
import type { LakePort } from "./env.ts";
import { logLine } from "./log.ts";

const refreshSecondsDefault = 30;

/**
 * The registry as this isolate knows it: loaded in the background, never waited for. Until it is there, and while R2
 * is down, keys whose signature holds are good (stale beats down).
 */
export class Registry {
  #snapshot: RegistrySnapshot | null = null;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  readonly #refreshMs: number;

  /** @param refreshSeconds time between two looks, as text; 30 s when it is no positive number. */
  constructor(refreshSeconds: string) {
    const seconds = Number(refreshSeconds);
    this.#refreshMs = (seconds > 0 ? seconds : refreshSecondsDefault) * 1000;
  }

  /** The newest snapshot taken; `null` before the first. */
  get snapshot(): RegistrySnapshot | null {
    return this.#snapshot;
  }

  /**
   * Starts a load when the last one began long enough ago, else returns `null`. Time decides, not a flag that says
   * "loading": the runtime may cut off a background task, and a flag would then stay up for ever.
   */
  refreshIfDue(lake: LakePort, nowMs: number): Promise<void> | null {
    if (nowMs - this.#triedAtMs < this.#refreshMs) return null;
    this.#triedAtMs = nowMs;
    return this.#load(lake);
  }

  async #load(lake: LakePort): Promise<void> {
    try {
      const object = await lake.get(registryKey);
      if (object === null) return; // no project has been made yet
      const next = parseSnapshot(await object.text());
      if (next === null || !acceptsSnapshot(this.#snapshot, next)) {
        logLine("warn", "registry_snapshot_refused", { version: next?.version ?? null });
        return;
      }
      this.#snapshot = next;
    } catch (error) {
      logLine("warn", "registry_load_failed", {}, error); // the old snapshot stays in use
    }
  }
}
