import type { MobileStorage, SetTimer } from "./ports.ts";
import { type Changes, entriesAtOnceMax, writeChanges } from "./storage-entries.ts";

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
  /** What is to be written; `null` removes. */
  const pending = new Map<string, string | null>();
  const waiting = new Map<string, (isWritten: boolean) => void>();
  /** Keys whose writing failed: what the storage holds for them is not known. */
  const tried = new Set<string>();
  let isAllowed = false;
  let isStuck = false;
  let run: Promise<void> | null = null;
  let cancelRetry: (() => void) | null = null;

  function answer(keys: Iterable<string>, isWritten: boolean): void {
    for (const key of Array.from(keys)) {
      waiting.get(key)?.(isWritten);
      waiting.delete(key);
    }
  }

  async function writeAll(): Promise<void> {
    await null; // what else this task puts is written along
    while (isAllowed && pending.size > 0) {
      const changes = takeChanges(pending);
      const keys = [...changes.removes, ...changes.sets.map(([key]) => key)];
      if (!(await attempt(changes))) {
        giveBack(pending, changes);
        for (const key of keys) tried.add(key);
        answer(waiting.keys(), false);
        cancelRetry ??= setTimer(retry, storageRetryMs);
        break;
      }
      for (const key of keys) tried.delete(key);
      answer(keys, true);
    }
    run = null;
  }

  async function attempt(changes: Changes): Promise<boolean> {
    const cancel = setTimer(() => {
      isStuck = true;
      answer(waiting.keys(), false);
    }, storageAnswerMsMax);
    try {
      await writeChanges(storage, changes);
      return true;
    } catch {
      return false; // full, closed or broken: what was to be written stays in memory, and those who wait are told
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
      if (typeof pending.get(key) === "string" && !tried.has(key)) {
        pending.delete(key); // settled before it was written: nobody needs it on disk any more
        answer([key], true);
        return;
      }
      pending.set(key, null);
      start();
    },
    resume() {
      isAllowed = true;
      start();
    },
    stop() {
      isAllowed = false;
      cancelRetry?.();
      cancelRetry = null;
      answer(waiting.keys(), false);
    },
    clear() {
      pending.clear();
      tried.clear();
    },
    idle: async () => run ?? undefined,
  };
}

/** The next changes, removals first: they make room where the storage is full. */
function takeChanges(pending: Map<string, string | null>): Changes {
  const changes: Changes = { sets: [], removes: [] };
  for (const [key, value] of pending) {
    if (value === null) changes.removes.push(key);
    else if (changes.sets.length < entriesAtOnceMax) changes.sets.push([key, value]);
    if (changes.removes.length >= entriesAtOnceMax) break;
  }
  if (changes.removes.length > 0) changes.sets.length = 0;
  for (const key of changes.removes) pending.delete(key);
  for (const [key] of changes.sets) pending.delete(key);
  return changes;
}

/** Puts changes that failed before all others; what was put for the same key meanwhile is newer, and stays. */
function giveBack(pending: Map<string, string | null>, { sets, removes }: Changes): void {
  const newer = [...pending];
  pending.clear();
  for (const key of removes) pending.set(key, null);
  for (const [key, value] of [...sets, ...newer]) pending.set(key, value);
}
