import type { MobileStorage } from "./ports.ts";

/** Entries that are read, written or removed in one go. */
export const entriesAtOnceMax = 100;

/** Entries to be written and keys to be removed. */
export interface Changes {
  readonly sets: [string, string][];
  readonly removes: string[];
}

/** Every entry whose key begins with a prefix. Rejects when the storage fails. */
export async function readEntries(storage: MobileStorage, prefix: string): Promise<ReadonlyMap<string, string>> {
  const keys = (await storage.getAllKeys()).filter((key) => key.startsWith(prefix)).sort();
  const entries = new Map<string, string>();
  for (let i = 0; i < keys.length; i += entriesAtOnceMax) {
    for (const [key, value] of await readSome(storage, keys.slice(i, i + entriesAtOnceMax))) {
      if (value !== null) entries.set(key, value);
    }
  }
  return entries;
}

/** Removes every entry whose key begins with a prefix. Rejects when the storage fails. */
export async function eraseEntries(storage: MobileStorage, prefix: string): Promise<void> {
  const keys = (await storage.getAllKeys()).filter((key) => key.startsWith(prefix));
  for (let i = 0; i < keys.length; i += entriesAtOnceMax) {
    await writeChanges(storage, { sets: [], removes: keys.slice(i, i + entriesAtOnceMax) });
  }
}

/** Removes first, which makes room, then writes in the given order. Rejects when the storage fails; may be repeated. */
export async function writeChanges(storage: MobileStorage, { sets, removes }: Changes): Promise<void> {
  if (removes.length > 1 && storage.multiRemove) await storage.multiRemove(removes);
  else for (const key of removes) await storage.removeItem(key);
  if (sets.length > 1 && storage.multiSet) await storage.multiSet(sets);
  else for (const [key, value] of sets) await storage.setItem(key, value);
}

async function readSome(
  storage: MobileStorage,
  keys: string[],
): Promise<readonly (readonly [string, string | null])[]> {
  if (storage.multiGet) return storage.multiGet(keys);
  return Promise.all(keys.map(async (key) => [key, await storage.getItem(key)] as const));
}
