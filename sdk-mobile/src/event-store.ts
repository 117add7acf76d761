import type { EventStore, StoredEvent } from "@sluice/core";
import type { Disk } from "./disk.ts";
import type { MobileDropped } from "./notices.ts";

/** Events older than this are no longer sent, ms: the lake would file them under the day of their receipt. */
const ageMsMax = 30 * 86_400_000;

/** What an earlier run has left. */
export interface Restored {
  /** To be sent, oldest first. */
  readonly events: readonly StoredEvent[];
  /** Given up: too old, or damaged. */
  readonly dropped: readonly MobileDropped[];
}

/** The events on disk, one entry each. */
export interface MobileEventStore extends Pick<EventStore, "append" | "remove"> {
  /** Reads the entries that this run has not written itself; those that cannot be used are removed. */
  readonly restore: (entries: ReadonlyMap<string, string>, nowMs: number) => Restored;
}

/**
 * A store whose entries sort by the order of the calls, also when the clock goes back: the time in a key only grows.
 *
 * @param prefix of the entries' keys.
 * @param run text that no other run of the app has, so that two of them never share a key.
 */
export function createEventStore(disk: Pick<Disk, "put" | "remove">, prefix: string, run: string): MobileEventStore {
  /** Keys by message id; more than one when the app has given an id twice. */
  const keys = new Map<string, string[]>();
  const known = new Set<string>();
  let lastMs = 0;

  function note(messageId: string, key: string): void {
    known.add(key);
    keys.set(messageId, [...(keys.get(messageId) ?? []), key]);
  }

  return {
    append({ messageId, json, stampMs }) {
      lastMs = Math.max(lastMs + 1, stampMs ?? 0);
      const key = `${prefix}${lastMs.toString(36).padStart(9, "0")}${run}`;
      note(messageId, key);
      return disk.put(key, `${stampMs ?? ""} ${json.length} ${JSON.stringify(messageId)}\n${json}`);
    },
    remove(messageIds) {
      for (const messageId of messageIds) {
        for (const key of keys.get(messageId) ?? []) {
          known.delete(key);
          disk.remove(key);
        }
        keys.delete(messageId);
      }
    },
    restore(entries, nowMs) {
      const events: StoredEvent[] = [];
      const dropped: MobileDropped[] = [];
      for (const [key, value] of entries) {
        if (!key.startsWith(prefix) || known.has(key)) continue;
        lastMs = Math.max(lastMs, Number.parseInt(key.slice(prefix.length, prefix.length + 9), 36) || 0);
        const event = parseEntry(value);
        const isOld = event.isWhole && event.stampMs !== null && nowMs - event.stampMs > ageMsMax;
        if (event.isWhole && !isOld) {
          note(event.messageId, key);
          events.push(event);
        } else {
          disk.remove(key);
          dropped.push({ outcome: "dropped", messageId: event.messageId, reason: isOld ? "expired" : "unreadable" });
        }
      }
      return { events, dropped };
    },
  };
}

/** An entry: device time if the SDK stamped the event, length of its JSON, message id; then the JSON. */
function parseEntry(value: string): StoredEvent & { readonly isWhole: boolean } {
  const [, stamp = "", length = "", quoted = "", json = ""] = /^(\d*) (\d+) ("[^\n]*")\n([^]*)$/.exec(value) ?? [];
  const stampMs = stamp === "" ? null : Number(stamp);
  try {
    return { messageId: JSON.parse(quoted) as string, stampMs, json, isWhole: Number(length) === json.length };
  } catch {
    return { messageId: "", stampMs, json, isWhole: false }; // cut off in its first line
  }
}
