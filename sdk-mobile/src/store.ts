import type { EventStore, StoredEvent } from "@sluice/core";
import type { MobileStorage } from "./ports.ts";

/**
 * The queue in the app's storage, one entry per event. Writes are made one after the other, so that an event that
 * is delivered while it is being written does not stay behind.
 *
 * @param prefix of the keys; everything under it belongs to the queue.
 */
export function createStore(storage: MobileStorage, prefix: string): EventStore {
  let last: Promise<boolean> = Promise.resolve(true);

  function inOrder(write: () => Promise<unknown>): Promise<boolean> {
    last = last.then(write).then(
      () => true,
      () => false, // storage full or closed: the event stays in memory, and the answer says so
    );
    return last;
  }

  return {
    async load() {
      try {
        const keys = (await storage.getAllKeys()).filter((key) => key.startsWith(prefix)).sort();
        const values = await Promise.all(keys.map((key) => storage.getItem(key)));
        return keys.flatMap((key, i) => parseStored(key.slice(prefix.length), values[i] ?? ""));
      } catch {
        return []; // storage that cannot be read has nothing to give; what it holds stays for the next run
      }
    },
    append: (event) => inOrder(() => storage.setItem(prefix + event.messageId, `${event.stampMs ?? ""}${event.json}`)),
    remove(messageIds) {
      for (const messageId of messageIds) void inOrder(() => storage.removeItem(prefix + messageId));
    },
  };
}

/** An entry is the device time, if the SDK stamped the event, and the event's JSON. Anything else is skipped. */
function parseStored(messageId: string, value: string): StoredEvent[] {
  const start = value.indexOf("{");
  if (start < 0 || !value.endsWith("}")) return [];
  return [{ messageId, json: value.slice(start), stampMs: start > 0 ? Number(value.slice(0, start)) : null }];
}
