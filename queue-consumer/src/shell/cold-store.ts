import type { R2Bucket } from "@cloudflare/workers-types";
import type { AskedIds } from "../log/asked-ids.ts";
import {
  coldKey,
  type ColdPlan,
  coolablePages,
  type CoolPolicy,
  packColdObject,
  unpackWindow,
} from "../log/cold-object.ts";
import type { ColdWindow } from "../log/cold-ids.ts";
import { coldObjectsPerCycleMax, coldReadsMax } from "../log/limits.ts";
import type { Entries } from "../log/seen-entries.ts";
import { sha256Hex } from "./hashing.ts";
import type { LogState } from "./log-state.ts";

type Lake = Pick<R2Bucket, "get" | "head" | "put" | "delete">;

/** Longest wait for one read, in ms; an append must not hang on it. */
const readMsMax = 10_000;

/**
 * Ids of a log in the lake's bucket. Objects are never changed, and each number is used once: what was read of one holds for
 * ever, and a PUT that arrives late lands where nobody looks.
 */
export class ColdStore {
  readonly #lake: Lake;
  readonly #state: LogState;

  constructor(lake: Lake, state: LogState) {
    this.#lake = lake;
    this.#state = state;
  }

  /**
   * Reads what must be known to tell which ids were seen, with a bounded number of reads. Never throws: what could not be read
   * stays unknown, and the append leaves out the slices that need it.
   */
  async readFor(asked: readonly AskedIds[]): Promise<void> {
    if (this.#state.cold.last < 0) return;
    this.#state.cold.trim();
    // Ids may go cold between two reads, so what is needed is asked for again until nothing is.
    for (let left = coldReadsMax; left > 0;) {
      const { windows, unread } = this.#state.unreadIds(asked, left);
      if (windows.length === 0) return;
      for (const window of windows) {
        try {
          await this.#read(window, unread);
        } catch (error) {
          console.error(`cold ids could not be read: ${error instanceof Error ? error.message : String(error)}`);
          return;
        }
      }
      left -= windows.length;
    }
  }

  /** Moves ids that nobody sent for long out of SQL, after settling a move that was cut off. Throws when R2 fails. */
  async cool(nowMs: number, policy: CoolPolicy): Promise<void> {
    const open = this.#state.storage.coldPlan();
    if (open !== null) await this.#settle(open);
    for (let objects = 0; objects < coldObjectsPerCycleMax; objects++) {
      const pages = coolablePages(this.#state.seen.pages, nowMs, policy);
      if (pages.length === 0) return;
      const object = this.#state.storage.nextColdObject();
      const packed = packColdObject(object, pages, (place) => this.#state.storage.seen.entries(place));
      const sha256 = sha256Hex(packed.content);
      const plan: ColdPlan = { object, bytes: packed.content.length, sha256, pages: packed.pages };
      this.#state.storage.transaction(() => this.#state.storage.putColdPlan(plan));
      await this.#lake.put(this.#keyOf(object), packed.content, { onlyIf: { etagDoesNotMatch: "*" }, sha256 });
      await this.#settle(plan);
    }
  }

  /** Ends a move: where the object is stored as planned, its pages are cold from now on, but for those that changed meanwhile. */
  async #settle(plan: ColdPlan): Promise<void> {
    const key = this.#keyOf(plan.object);
    const stored = await this.#lake.head(key);
    const isStored = stored?.size === plan.bytes && stored.checksums.toJSON().sha256 === plan.sha256;
    const moved = this.#state.takeCold(isStored ? plan.pages : []);
    if (isStored && moved === 0) await this.#lake.delete(key);
  }

  async #read(window: ColdWindow, asked: readonly Entries[]): Promise<void> {
    const key = this.#keyOf(window.object);
    const range = { offset: window.offset, length: window.bytes };
    const object = await withinTime(this.#lake.get(key, { range }), readMsMax);
    if (object === null) throw new Error(`${key} is gone`);
    const content = unpackWindow(window, await withinTime(object.arrayBuffer(), readMsMax));
    if (content === null) throw new Error(`${key} has another size than it was stored with`);
    this.#state.cold.read(window, content, asked);
  }

  #keyOf(object: number): string {
    const { place, birthId } = this.#state;
    if (place === null) throw new Error("a log without a project has no cold ids");
    return coldKey({ ...place, birthId }, object);
  }
}

async function withinTime<Value>(work: Promise<Value>, ms: number): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
