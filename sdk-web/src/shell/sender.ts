import type { IngestReply, RejectedInReply } from "@sluice/schema";
import type { Notice, WebDropReason } from "../notices.ts";
import type { Permission, WebOptions } from "../options.ts";
import { createPageClock } from "./clock.ts";
import { post } from "./post.ts";
import type { Item } from "./store.ts";

/** Ceilings of the back-off, ms: of a server that fails, and of a host that never answers (blocked, or offline). */
const retryDelayMsMax = 60_000;
const silentDelayMsMax = 600_000;

/** The longest `Retry-After` that is honoured, in seconds; no server may silence a client for longer. */
const retryAfterSecondsMax = 300;

/** Sends batches until the server has answered for each of their events. */
export interface Sender {
  /** Resolves when every event is settled, and has been told. */
  readonly send: (tab: string, items: readonly Item[]) => Promise<void>;
  readonly drop: (items: readonly Item[], reason: WebDropReason) => void;
  /** Ends a pause that the server did not ask for. */
  readonly wake: () => void;
}

/**
 * A sender with nothing to send. After a failure nothing is sent for a while, whichever batch it was.
 *
 * @param isLeaving whether the page may go in this very task: pauses are passed over then, and nothing is compressed.
 */
export function createSender(
  { host, writeKey }: WebOptions,
  { mayStore, isWanted }: Permission,
  isLeaving: () => boolean,
  tell: (notice: Notice) => void,
): Sender {
  const clock = createPageClock(mayStore);
  let failures = 0;
  let pause: Promise<void> | undefined;
  let wake: () => void = Boolean;

  /** Exponential back-off with full jitter; after a `Retry-After` that time and up to a second more. */
  function fail(status: number, events: number, retryAfter: string | null | undefined): void {
    if (pause) return;
    const seconds = parseInt(retryAfter ?? "", 10);
    const isServers = seconds >= 0;
    const ceilingMs = isServers ? 1000 : Math.min(status ? retryDelayMsMax : silentDelayMsMax, 1000 * 2 ** failures++);
    const waitMs = isServers ? Math.min(retryAfterSecondsMax, seconds) * 1000 : 0;
    const delayMs = Math.ceil(waitMs + Math.random() * ceilingMs);
    pause = new Promise<void>((resume) => {
      setTimeout(resume, delayMs);
      wake = isServers ? Boolean : resume;
    }).then(() => {
      pause = undefined;
    });
    tell({ outcome: "retry", status, events, delayMs });
  }

  function drop(items: readonly Item[], reason: WebDropReason): void {
    for (const [messageId] of items) tell({ outcome: "dropped", messageId, reason });
  }

  async function send(tab: string, items: readonly Item[], given?: number): Promise<void> {
    const stamps = items.flatMap(([, , stampMs]) => stampMs || []);
    const lastMs = Math.max(...stamps);
    const clockOffsetMs = given ?? clock.offsetFor(tab, Math.min(...stamps), lastMs);
    for (;;) {
      if (!isLeaving()) await pause;
      if (!isWanted()) return drop(items, "no_consent");
      const sentMs = Date.now();
      const envelope = JSON.stringify({ writeKey, sentAt: new Date(sentMs), clockOffsetMs });
      const body = `${envelope.slice(0, -1)},"batch":[${items.map(([, json]) => json)}]}`;
      const [status, retryAfter, text] = await post(`${host.replace(/\/+$/, "")}/v1/batch`, body, isLeaving());
      const reply = status === 200 && parse(text);
      if (reply && reply.success === true) {
        failures = 0;
        const serverMs = Date.parse(reply.serverTime);
        clock.learn(tab, clockOffsetMs, lastMs, sentMs, serverMs, Date.now());
        const rejected = new Map(reply.rejected?.map((entry) => [entry.index, entry]));
        items.forEach(([messageId], index) => tell(resultOf(messageId, rejected.get(index))));
        return;
      }
      if (items[1] && /^4(00|13)$/.test(String(status))) {
        await send(tab, items.slice(0, items.length >> 1), clockOffsetMs);
        return send(tab, items.slice(items.length >> 1), clockOffsetMs);
      }
      if (status >= 400 && !/^(4(08|10|29|60)|5(?!01|05|11))/.test(String(status))) return drop(items, `http_${status}`);
      fail(status, items.length, retryAfter);
    }
  }

  return { send: (tab, items) => send(tab, items), drop, wake: () => wake() };
}

function resultOf(messageId: string, entry: RejectedInReply | undefined): Notice {
  return entry ? { ...entry, outcome: "rejected", messageId } : { outcome: "delivered", messageId };
}

/** `undefined` when it is not JSON, so not Sluice's answer: some box on the way spoke. */
function parse(text: string | undefined): IngestReply | undefined {
  try {
    return JSON.parse(text ?? "") as IngestReply;
  } catch {
    return;
  }
}
