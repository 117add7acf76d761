import { createPendingChanges } from "./pending-changes.ts";
import type { MobileStorage, SetTimer } from "./ports.ts";
import { writeChanges } from "./storage-entries.ts";

/** Longest time a call waits to hear that its event is on disk, ms. The write itself goes on. */
export const storageAnswerMsMax = 5000;

/** Time after which storage that failed is tried again, ms; a new write tries it at once. */
export const storageRetryMs = 10_000;

/** Writes entries in the order they were given, many at once while the storage is slow. Nothing here rejects. */
export interface Writer {
  /** Whether the entry is on disk, or was removed before it was; `false` at once while writing is not allowed or the storage is stuck. */
  readonly put: (key: string, value: string) => Promise<boolean>;
  readonly remove: (key: string) => void;
  /** Writing is allowed from now on, beginning with what has been put before. */
  readonly resume: () => void;
  /** Writing is not allowed any more; what is being written is still written. */
  readonly stop: () => void;
  /** Forgets what is not written. */
  readonly clear: () => void;
  /** Resolves when nothing is being written. */
  readonly idle: () => Promise<void>;
}

/** A writer that may not write yet. */
export function createWriter(storage: MobileStorage, setTimer: SetTimer): Writer {
  const pending = createPendingChanges();
  const waiting = new Map<string, (isWritten: boolean) => void>();
  let isAllowed = false;
  let isStuck = false;
  let run: Promise<void> | null = null;
  let cancelRetry: (() => void) | null = null;

  async function writeAll(): Promise<void> {
    await Promise.resolve(); // what else this task puts is written along
    let isGood = true;
    while (isGood && isAllowed && pending.size() > 0) isGood = await writeSome();
    if (!isGood) cancelRetry ??= setTimer(retry, storageRetryMs);
    run = null;
  }

  async function writeSome(): Promise<boolean> {
    const changes = pending.take();
    const cancel = setTimer(() => {
      isStuck = true;
      answer(waiting, waiting.keys(), false);
    }, storageAnswerMsMax);
    try {
      await writeChanges(storage, changes);
      pending.confirm(changes);
      for (const [key] of changes.sets) answer(waiting, [key], true);
      return true;
    } catch {
      pending.giveBack(changes); // full, closed or broken: it stays in memory, and those who wait are told
      answer(waiting, waiting.keys(), false);
      return false;
    } finally {
      cancel();
      isStuck = false;
    }
  }

  function retry(): void {
    cancelRetry = null;
    start();
  }

  function start(): void {
    if (isAllowed) run ??= writeAll();
  }

  return {
    put(key, value) {
      pending.set(key, value);
      if (!isAllowed || isStuck) return Promise.resolve(false);
      start();
      return new Promise((resolve) => waiting.set(key, resolve));
    },
    remove(key) {
      if (pending.remove(key)) answer(waiting, [key], true);
      else start();
    },
    resume() {
      isAllowed = true;
      start();
    },
    stop() {
      isAllowed = false;
      cancelRetry?.();
      cancelRetry = null;
      answer(waiting, waiting.keys(), false);
    },
    clear: pending.clear,
    idle: async () => run ?? undefined,
  };
}

/** Tells those who wait for some keys, which need wait no longer. */
function answer(waiting: Map<string, (isWritten: boolean) => void>, keys: Iterable<string>, isWritten: boolean): void {
  for (const key of Array.from(keys)) {
    waiting.get(key)?.(isWritten);
    waiting.delete(key);
  }
}
