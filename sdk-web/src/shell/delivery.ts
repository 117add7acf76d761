import { eventBytesMax } from "@sluice/schema";
import type { Notice, WebFlushReport } from "../notices.ts";
import type { Permission, WebOptions } from "../options.ts";
import type { Plugins } from "../plugins.ts";
import { keepaliveRoom } from "./post.ts";
import { createQueue } from "./queue.ts";
import { createSender } from "./sender.ts";
import type { Item } from "./store.ts";

/** Characters of events in one request: at most 900,000 bytes, below the edge's limit for public keys. */
const batchCharactersMax = 300_000;

/** Bytes of a request that are not events: key, times, punctuation. The longest write key has 200 characters. */
const envelopeBytesMax = 400;

/** The events of one tab on their way to the server. */
export interface Delivery {
  readonly add: (item: Item) => void;
  /** Sends everything that waits; resolves when it is settled or after `timeoutMs`. */
  readonly flush: (timeoutMs: number) => Promise<WebFlushReport>;
  /** What is allowed has changed: stores, sends or gives up what waits. */
  readonly review: () => void;
}

/**
 * One loop per tab. It takes chunks from the front, sends them until the server has answered for each event, removes
 * them, and goes on. When the page goes, what is not in flight leaves at once, as far as it fits.
 *
 * A tab holds a Web Lock while it has events. When it dies the lock is free, and the next page takes over what it left.
 */
export function createDelivery(options: WebOptions, tab: string, allowed: Permission, plugins: Plugins): Delivery {
  const { writeKey, flushAt = 100, flushIntervalMs = 2000, maxQueueCharacters = 2_000_000 } = options;
  let isLeaving = false;
  let isDue = false;
  let isBusy = false;
  let timer: unknown;
  const sender = createSender(options, allowed, () => isLeaving, plugins.tell);
  const queue = createQueue(`sluice.${writeKey}.`, tab, maxQueueCharacters, allowed.mayStore, (expired) => {
    sender.drop(expired, "expired");
    sendAll();
  });

  /** Sends the next batch of at most so many characters; `undefined` when there is none. */
  function fly(eventsMax: number, charactersMax: number): Promise<void> | undefined {
    const batch = queue.take(eventsMax, charactersMax);
    return (
      batch[0] &&
      sender
        .send(
          batch[0][0],
          batch.flatMap((chunk) => chunk[3]),
        )
        .then(() => queue.settle(batch))
    );
  }

  async function pump(): Promise<void> {
    if (isBusy) return;
    isBusy = true;
    for (let flight; (isDue || queue.waiting() >= flushAt) && (flight = fly(flushAt, batchCharactersMax)); ) await flight;
    isBusy = isDue = false;
  }

  function sendAll(): void {
    isDue = true;
    void pump();
  }

  /** What is not in flight leaves in this very task, as far as requests that outlive the page may carry it. */
  function leavePage(): void {
    isLeaving = true;
    setTimeout(() => (isLeaving = false));
    while (fly(Infinity, keepaliveRoom() - envelopeBytesMax));
    sender.wake();
  }

  addEventListener("pagehide", () => {
    leavePage();
    queue.letGo();
  });
  addEventListener("visibilitychange", leavePage); // also when the page comes back, which only sends a little earlier
  addEventListener("online", sender.wake);

  return {
    add(item) {
      if (item[1].length > eventBytesMax) return sender.drop([item], "event_too_large");
      if (!queue.push(item)) return sender.drop([item], "queue_full");
      timer ??= setTimeout(() => {
        timer = undefined;
        sendAll();
      }, flushIntervalMs);
      if (queue.waiting() >= flushAt) void pump();
    },
    flush: (timeoutMs) =>
      new Promise((resolve) => {
        const ids = new Set<string | undefined>(queue.messageIds());
        const report: Record<string, Notice[]> = { delivered: [], rejected: [], dropped: [] };
        const finish = (): void => {
          stop();
          const kept = [...ids].map((messageId) => ({ outcome: "kept", messageId }));
          resolve({ ...report, kept } as unknown as WebFlushReport); // each list holds the results of its own outcome
        };
        const stop = plugins.use({
          after(notice) {
            if (!ids.delete(notice.messageId)) return;
            report[notice.outcome]?.push(notice);
            if (!ids.size) finish();
          },
        });
        setTimeout(finish, timeoutMs);
        sendAll();
        if (!ids.size) finish();
      }),
    review() {
      if (!allowed.isWanted()) {
        while (fly(Infinity, Infinity));
        sender.wake();
      }
      queue.openUp();
    },
  };
}
