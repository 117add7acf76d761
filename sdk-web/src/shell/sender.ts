import type { Notice, WebDropReason } from "../notices.ts";
import { callHooks } from "../plugins.ts";
import { learnOffset, noteBatch } from "./clock.ts";
import { post } from "./post.ts";
import { consent, options } from "./settings.ts";
import type { Item } from "./store.ts";

/** Ceilings of the back-off, ms: of a server that fails, and of a host that never answers (blocked, or offline). */
const retryDelayMsMax = 60_000;
const silentDelayMsMax = 600_000;

/** The longest `Retry-After` that is honoured, in seconds; no server may silence a client for longer. */
const retryAfterSecondsMax = 300;

let failures = 0;
let pause: Promise<void> | 0 = 0;
let endPause: () => void = Boolean;

/** Whether the page may go in this very task: pauses are passed over then, and nothing is compressed. */
export let isLeaving = false;

/** The page may go: what is sent in this task, and what pauses, does not wait for anything. */
export function hurry(): void {
  isLeaving = true;
  setTimeout(() => (isLeaving = false));
  wake();
}

/** Ends a pause that the server did not ask for. */
export const wake = (): void => endPause();

/** Exponential back-off with full jitter, whichever batch it was; after a `Retry-After` that and up to a second more. */
function fail(status: number, events: number, retryAfter: string | null | undefined): void {
  if (pause) return;
  const seconds = parseInt(retryAfter as string, 10);
  const isServers = seconds >= 0;
  const delayMs = isServers
    ? (Math.min(retryAfterSecondsMax, seconds) + Math.random()) * 1000
    : Math.random() * Math.min(status ? retryDelayMsMax : silentDelayMsMax, 1000 * 2 ** failures++);
  pause = new Promise<void>((resume) => {
    setTimeout(resume, delayMs);
    endPause = isServers ? Boolean : resume;
  }).then(() => {
    pause = 0;
  });
  callHooks("after", { outcome: "retry", status, events, delayMs });
}

/** Tells that events are given up. */
export function drop(
  items: readonly (readonly [messageId: string, ...rest: unknown[]])[],
  reason: WebDropReason,
): void {
  for (const [messageId] of items) callHooks("after", { outcome: "dropped", messageId, reason });
}

/**
 * Sends events until the server has answered for each, and tells what it answered.
 *
 * @param items without any, nothing is asked for but the time, which it then has learned, as a rule.
 * @param offsetMs of the clock; `undefined` when it was not known when these were made.
 */
export async function send(items: readonly Item[], offsetMs: number | undefined): Promise<void> {
  for (let isPastPause = isLeaving; ; isPastPause = false) {
    if (!isPastPause) await pause;
    if (consent === "denied") return drop(items, "no_consent");
    const sentMs = Date.now();
    if (items[0]) offsetMs ??= noteBatch(sentMs);
    const envelope = JSON.stringify({ writeKey: options.writeKey, sentAt: new Date(sentMs), clockOffsetMs: offsetMs });
    const body = `${envelope.slice(0, -1)},"batch":[${items.map(([, json]) => json).join()}]}`;
    const [status, retryAfter, reply] = await post(body, isLeaving);
    if (status === 200 && reply?.success) {
      const isLearned = learnOffset(sentMs, Date.parse(reply.serverTime as string), !items[0]);
      items.forEach(([messageId], index) => {
        const entry = reply.rejected?.find((rejected) => rejected.index === index);
        callHooks("after", { ...entry, outcome: entry ? "rejected" : "delivered", messageId } as Notice);
      });
      if (items[0] || isLearned) {
        failures = 0;
        return;
      }
    }
    if (items[1] && (status === 413 || status === 400)) {
      const middle = items.length >> 1;
      await send(items.slice(0, middle), offsetMs);
      return send(items.slice(middle), offsetMs);
    }
    if (/^4(?!08|10|29|60)|^5(01|05|11)/.test(status as unknown as string)) {
      noteBatch(0);
      return drop(items, `http_${status}`);
    }
    fail(status, items.length, retryAfter);
  }
}
