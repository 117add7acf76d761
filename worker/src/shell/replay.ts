import type { Counters } from "../counters.ts";
import { replayFailuresMax, replaysPerRunMax } from "../limits.ts";
import { enqueue, spillPrefix } from "./deliver.ts";
import type { LakePort, QueuePort } from "./env.ts";
import { logLine } from "./log.ts";
import type { OwnSpills } from "./own-spills.ts";
import type { TimeLimits } from "./time-limit.ts";

/** What a replay needs. */
export interface ReplayPorts {
  readonly queue: QueuePort;
  readonly lake: Pick<LakePort, "get" | "list" | "delete">;
  readonly counters: Counters;
  /** Those of the run. */
  readonly limits: TimeLimits;
  /** How long one try to send may take, ms. */
  readonly sendTimeMsMax: number;
}

/** What an isolate needs to replay its own. */
export type OwnReplayPorts = Omit<ReplayPorts, "lake"> & {
  readonly lake: Pick<LakePort, "get" | "delete">;
  readonly spills: OwnSpills;
};

/** Outcome of one run. */
export interface ReplayOutcome {
  readonly replayed: number;
  readonly failed: number;
}

/**
 * Brings spilled messages, oldest receipt first, back to the queue. A spill object is deleted only after its send, so a crash
 * between the two sends it twice and loses nothing. Ends after `replaysPerRunMax` messages, or after
 * `replayFailuresMax` failures, the next run going on from there.
 */
export async function replaySpills(ports: ReplayPorts): Promise<ReplayOutcome> {
  let replayed = 0;
  let failed = 0;
  let cursor: string | undefined;
  do {
    const page = await ports.lake.list({ prefix: spillPrefix, ...(cursor === undefined ? {} : { cursor }) });
    for (const { key } of page.objects) {
      if (replayed >= replaysPerRunMax || failed >= replayFailuresMax) return { replayed, failed };
      if (await replayOne(key, ports)) replayed++;
      else failed++;
    }
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return { replayed, failed };
}

/** Brings messages back to the queue that this isolate spilled, one after the other; after a failure the rest waits again. */
export async function replayOwn(keys: readonly string[], ports: OwnReplayPorts): Promise<void> {
  for (const [at, key] of keys.entries()) {
    if (!(await replayOne(key, ports))) return ports.spills.spilled(keys.slice(at));
  }
}

async function replayOne(key: string, ports: Omit<OwnReplayPorts, "spills">): Promise<boolean> {
  try {
    const object = await ports.lake.get(key);
    if (object === null) return true; // another run was faster
    const bytes = new Uint8Array(await object.arrayBuffer());
    if (!(await enqueue(bytes, ports))) return false;
    ports.counters.messageReplayed();
    await ports.lake.delete(key);
    return true;
  } catch (error) {
    logLine("warn", "replay_failed", {}, error); // R2 did not answer; the object is still there
    return false;
  }
}
