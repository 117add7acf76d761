import { type Changes, entriesAtOnceMax } from "./storage-entries.ts";

/** What is to be written and removed, in the order it was given; of one key only the latest. */
export interface PendingChanges {
  readonly size: () => number;
  readonly set: (key: string, value: string) => void;
  /** Returns whether nothing is left to do, because the entry never reached the storage. */
  readonly remove: (key: string) => boolean;
  /** Takes the next changes, removals first: they make room where the storage is full. */
  readonly take: () => Changes;
  /** Taken changes have failed, and come first again; what was given for the same keys meanwhile is newer, and stays. */
  readonly giveBack: (changes: Changes) => void;
  /** Taken changes are done. */
  readonly confirm: (changes: Changes) => void;
  readonly clear: () => void;
}

/** Nothing to do yet. */
export function createPendingChanges(): PendingChanges {
  /** Values by key; `null` removes. */
  const pending = new Map<string, string | null>();
  /** Keys whose change failed: what the storage holds for them is not known. */
  const tried = new Set<string>();
  return {
    size: () => pending.size,
    set: (key, value) => void pending.set(key, value),
    remove(key) {
      const isOnlyHere = typeof pending.get(key) === "string" && !tried.has(key);
      if (isOnlyHere) pending.delete(key);
      else pending.set(key, null);
      return isOnlyHere;
    },
    take() {
      const changes: Changes = { sets: [], removes: [] };
      for (const [key, value] of pending) {
        if (value === null) changes.removes.push(key);
        else if (changes.sets.length < entriesAtOnceMax) changes.sets.push([key, value]);
        if (changes.removes.length >= entriesAtOnceMax) break;
      }
      if (changes.removes.length > 0) changes.sets.length = 0;
      for (const key of keysOf(changes)) pending.delete(key);
      return changes;
    },
    giveBack(changes) {
      const newer = Array.from(pending);
      pending.clear();
      for (const key of changes.removes) pending.set(key, null);
      for (const [key, value] of [...changes.sets, ...newer]) pending.set(key, value);
      for (const key of keysOf(changes)) tried.add(key);
    },
    confirm(changes) {
      for (const key of keysOf(changes)) tried.delete(key);
    },
    clear() {
      pending.clear();
      tried.clear();
    },
  };
}

function keysOf({ sets, removes }: Changes): readonly string[] {
  return [...removes, ...sets.map(([key]) => key)];
}
