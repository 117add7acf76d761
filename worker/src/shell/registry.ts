import { acceptsSnapshot, registryKey, type RegistrySnapshot } from "@sluice/schema";
import { parseSnapshot } from "../snapshot.ts";
import { registryVersionTimeMsMax } from "../limits.ts";
import type { DatabasePort, LakePort } from "./env.ts";
import { logLine } from "./log.ts";
import { TimeLimits } from "./time-limit.ts";

const refreshSecondsDefault = 30;

/** Where the registry is: its snapshot in R2, and in D1 the version, a row of which costs a 360th of an object. */
export interface RegistryPorts {
  readonly LAKE: Pick<LakePort, "get">;
  readonly DB?: DatabasePort;
}

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
  refreshIfDue(ports: RegistryPorts, nowMs: number): Promise<void> | null {
    if (nowMs - this.#triedAtMs < this.#refreshMs) return null;
    this.#triedAtMs = nowMs;
    return this.#load(ports);
  }

  async #load({ LAKE, DB }: RegistryPorts): Promise<void> {
    if (DB !== undefined && (await this.#isNewest(DB))) return;
    try {
      const object = await LAKE.get(registryKey);
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

  /**
   * Whether D1 knows the snapshot's version and no other. Every change moves the version, before its snapshot is in R2; one below
   * the snapshot's is that of a database which was set back, or is the wrong one.
   */
  async #isNewest(database: DatabasePort): Promise<boolean> {
    if (this.#snapshot === null) return false;
    try {
      const asked = database.prepare("SELECT version FROM registry WHERE one = 1").first<number>("version");
      const version = await new TimeLimits().within(asked, registryVersionTimeMsMax);
      return version === this.#snapshot.version;
    } catch (error) {
      logLine("warn", "registry_version_unknown", {}, error); // R2 tells
      return false;
    }
  }
}
