import type { Miniflare } from "miniflare";
import { workerNames } from "./workers.ts";

/** How much the local queue still holds. */
export interface QueueCount {
  readonly sent: number;
  readonly settled: number;
}

/** Reads the counters; `null` when a Worker does not answer. */
export type CountQueue = () => Promise<QueueCount | null>;

const pollEveryMs = 100;
/** Polls in a row that must agree: a request taken just before the door closed may still be on its way into the queue. */
const agreeingPolls = 3;

/**
 * Waits until everything that the queue took has been stored. The local queue lives in memory only: what is left in
 * it when the runtime stops is lost.
 *
 * @returns messages left: 0 when drained; `null` when the counters could not be read.
 */
export async function waitUntilDrained(
  count: CountQueue,
  limitMs: number,
  onCount: (left: number) => void,
  signal: AbortSignal,
): Promise<number | null> {
  const endMs = performance.now() + limitMs;
  let agreed = 0;
  let last: QueueCount | null = null;
  while (performance.now() < endMs && !signal.aborted) {
    const counted = await count();
    if (counted !== null) {
      const isStill = counted.settled >= counted.sent && counted.sent === (last?.sent ?? counted.sent);
      agreed = isStill ? agreed + 1 : 0;
      if (agreed >= agreeingPolls) return 0;
      last = counted;
      onCount(Math.max(0, counted.sent - counted.settled));
    }
    await new Promise((done) => setTimeout(done, pollEveryMs));
  }
  return last === null ? null : Math.max(0, last.sent - last.settled);
}

/** Tells the edge to take nothing more; it answers 503 from then on. */
export async function closeIngest(mf: Miniflare, operatorToken: string): Promise<boolean> {
  return (await internalCall(mf, workerNames.edge, "POST", "/v1/internal/drain", operatorToken)) !== null;
}

/** The counters of all that send to the queue, and of the consumer. */
export function queueCounter(mf: Miniflare, operatorToken: string): CountQueue {
  return async () => {
    const [edge, analytics, consumer] = await Promise.all([
      internalCall(mf, workerNames.edge, "GET", "/v1/internal/counters", operatorToken),
      internalCall(mf, workerNames.analytics, "GET", "/v1/admin/counters", operatorToken),
      internalCall(mf, workerNames.consumer, "GET", "/v1/internal/counters", operatorToken),
    ]);
    const sent = numberIn(edge, "messagesSent");
    const resent = numberIn(analytics, "messagesSent");
    const settled = numberIn(consumer, "messagesSettled");
    return sent === null || resent === null || settled === null ? null : { sent: sent + resent, settled };
  };
}

async function internalCall(
  mf: Miniflare,
  name: string,
  method: string,
  path: string,
  operatorToken: string,
): Promise<unknown> {
  try {
    const worker = await mf.getWorker(name);
    const headers = { authorization: `Bearer ${operatorToken}` };
    const response = await worker.fetch(`http://internal${path}`, { method, headers });
    const text = await response.text();
    if (!response.ok) return null;
    return text === "" ? {} : (JSON.parse(text) as unknown);
  } catch {
    return null; // the runtime is gone or busy: the caller asks again, within its limit
  }
}

function numberIn(reply: unknown, name: string): number | null {
  if (typeof reply !== "object" || reply === null || !Object.hasOwn(reply, name)) return null;
  const value = (reply as Record<string, unknown>)[name];
  return typeof value === "number" ? value : null;
}
