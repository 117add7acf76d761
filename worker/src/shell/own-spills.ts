import { ownReplaysAtOnceMax, ownSpillsMax } from "../limits.ts";

/**
 * Keys of the messages that this isolate spilled, so that it brings them back to the queue as soon as that works again. Cron
 * need then list the bucket rarely: for what isolates left behind that are gone. Forgetting a key costs time, never a message.
 */
export class OwnSpills {
  /** Oldest first. */
  #keys: string[] = [];
  #queueWorks = false;

  /** Messages lie in R2 because the queue did not take them. */
  spilled(keys: readonly string[]): void {
    this.#queueWorks = false;
    this.#keys.push(...keys.slice(0, Math.max(0, ownSpillsMax - this.#keys.length)));
  }

  /** The queue took a message. */
  sent(): void {
    this.#queueWorks = true;
  }

  /** Takes keys out that may be sent again now, the oldest first: at most 20, and none while the queue does not work. */
  take(): readonly string[] {
    return this.#queueWorks ? this.#keys.splice(0, ownReplaysAtOnceMax) : [];
  }
}
