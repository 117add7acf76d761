import type { EventStore, StoredEvent } from "@sluice/core";

/** The part of `localStorage` that is used. */
export type PageStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** `localStorage`, or nothing where it is forbidden, missing or full. */
export function openStorage(): PageStorage {
  try {
    const storage = localStorage;
    storage.getItem("");
    return storage;
  } catch {
    return nowhere(); // blocked by the user's settings or a sandboxed frame
  }
}

/** Writes, and says whether it is stored now. */
export function write(storage: PageStorage, key: string, value: string): boolean {
  try {
    storage.setItem(key, value);
    return true;
  } catch {
    return false; // over quota: the value stays in memory
  }
}

/**
 * The queue in `localStorage`, one entry per event, so that tabs cannot overwrite each other. A tab that
 * loads takes over what all tabs left; an event that two of them send is one event by its message id.
 */
export function createStore(storage: PageStorage, prefix: string): EventStore {
  return {
    load: () =>
      Object.keys(storage)
        .filter((key) => key.startsWith(prefix))
        .sort()
        .map((key): StoredEvent => {
          const value = storage.getItem(key) ?? "";
          const json = value.slice(value.indexOf("{"));
          return { messageId: key.slice(prefix.length), json, stampMs: parseInt(value, 10) || null };
        }),
    append: (event) => write(storage, prefix + event.messageId, `${event.stampMs ?? ""}${event.json}`),
    remove(messageIds) {
      for (const messageId of messageIds) storage.removeItem(prefix + messageId);
    },
  };
}

/** Keeps nothing: where pages may not store, the client's own memory is all there is. */
function nowhere(): PageStorage {
  const none = (): null => null;
  return { getItem: none, setItem: none, removeItem: none };
}
