import type { WebFlushReport } from "../notices.ts";
import { use } from "../plugins.ts";
import { keepaliveRoom } from "./post.ts";
import { allKept, fly, letGo, openQueue, push, waiting } from "./queue.ts";
import { hurry, wake } from "./sender.ts";
import { consent, options } from "./settings.ts";
import { type Item, nameTab } from "./store.ts";

/*
 * One loop per tab. It takes chunks from the front, sends them until the server has answered for each event, removes them,
 * and goes on. When the page goes, what is not in flight leaves at once, as far as it fits.
 *
 * A tab holds a Web Lock while it has events. When it dies the lock is free, and the next page takes over what it left.
 */

/** Characters of events in one request: at most 900,000 bytes, below the edge's limit for public keys. */
const batchCharactersMax = 300_000;

/** Bytes of a request that are not events: key, times, punctuation. The longest write key has 200 characters. */
const envelopeBytesMax = 400;

let isDue = false;
let isBusy = false;
let timer: unknown = 0;

const isBatchFull = (): boolean => waiting >= options.flushAt;

async function pump(): Promise<void> {
  if (isBusy) return;
  isBusy = true;
  for (let flight; (isDue || isBatchFull()) && (flight = fly(options.flushAt, batchCharactersMax));) await flight;
  isBusy = isDue = false;
}

function sendAll(): void {
  isDue = true;
  void pump();
}

/** What is not in flight leaves in this very task, as far as requests that outlive the page may carry it. */
function leavePage(): void {
  hurry();
  while (fly(Infinity, keepaliveRoom() - envelopeBytesMax));
}

/** Begins to send when the page goes or comes back, and takes up what earlier pages left, if the visitor agrees. */
export function startDelivery(): void {
  addEventListener("visibilitychange", leavePage); // also when the page comes back, which only sends a little earlier
  addEventListener("pagehide", leavePage);
  addEventListener("pagehide", letGo);
  addEventListener("online", wake);
  nameTab();
  review();
}

/** Takes an event, which leaves when a batch is full or the time is over. */
export function add(item: Item, nowMs: number, offsetMs: number | undefined): void {
  push(item, nowMs, offsetMs);
  timer ||= setTimeout(() => {
    timer = 0;
    sendAll();
  }, options.flushIntervalMs);
  if (isBatchFull()) void pump();
}

/** Sends everything that waits; resolves when it is settled or after `timeoutMs`. */
export function flush(timeoutMs = 10_000): Promise<WebFlushReport> {
  return new Promise((resolve) => {
    const kept = allKept();
    const report = { delivered: [], rejected: [], dropped: [], kept } as Record<string, unknown[]>;
    const finish = (): void => {
      stop();
      resolve(report as unknown as WebFlushReport); // each list holds the results of its own outcome
    };
    const stop = use({
      after(notice) {
        if (!kept.some(({ messageId }, place) => messageId === notice.messageId && kept.splice(place, 1))) return;
        (report[notice.outcome] as unknown[]).push(notice);
        if (!kept[0]) finish();
      },
    });
    setTimeout(finish, timeoutMs);
    sendAll();
    if (!kept[0]) finish();
  });
}

/** Consent has changed: stores what waits, or gives it up. */
export function review(): void {
  if (consent === "denied") {
    while (fly(Infinity, Infinity));
    wake();
  }
  openQueue(sendAll);
}
