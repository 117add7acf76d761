import { field, isObject, type Json, type RejectReason } from "@sluice/schema";
import { isoTime } from "./event.ts";

/** What became of the broken events. */
interface BrokenReport {
  readonly sent: number;
  /** Rejected, each for the reason that the demo expects. */
  readonly rejected: number;
  /** Sentences about those that were taken, or rejected for another reason. */
  readonly surprises: readonly string[];
}

/** A client without an SDK, for events that no SDK would let pass. */
export interface BrokenClient {
  send(raw: unknown, reason: RejectReason): Promise<void>;
  finish(): Promise<BrokenReport>;
}

/** Broken events per request; the largest have more than 32 KiB each. */
const batchEvents = 20;
const timeoutMs = 60_000;
const surprisesMax = 5;

/** A broken client of the ingest API at `ingestUrl`. Throws when a request as a whole is not answered with 200. */
export function createBrokenClient(ingestUrl: string, writeKey: string): BrokenClient {
  const waiting: { raw: unknown; reason: RejectReason }[] = [];
  const report = { sent: 0, rejected: 0, surprises: [] as string[] };
  async function post(): Promise<void> {
    const batch = waiting.splice(0);
    if (batch.length === 0) return;
    const body = { writeKey, batch: batch.map((each) => each.raw), sentAt: isoTime(Date.now()) };
    const reasons = reasonsOf(await postJson(`${ingestUrl}/v1/batch`, JSON.stringify(body)));
    report.sent += batch.length;
    for (const [index, { reason }] of batch.entries()) {
      const answered = reasons.get(index) ?? "accepted";
      if (answered === reason) report.rejected++;
      else if (report.surprises.length < surprisesMax) report.surprises.push(`${reason} was answered with ${answered}`);
    }
  }
  return {
    async send(raw, reason) {
      waiting.push({ raw, reason });
      if (waiting.length >= batchEvents) await post();
    },
    async finish() {
      await post();
      return report;
    },
  };
}

/** Waits before each further attempt, ms, where the edge is busy (429, 503). */
const retryDelaysMs: readonly number[] = [250, 1000, 4000];

async function postJson(url: string, body: string): Promise<Json> {
  for (let attempt = 0; ; attempt++) {
    const headers = { "content-type": "application/json" };
    const response = await fetch(url, { method: "POST", body, headers, signal: AbortSignal.timeout(timeoutMs) });
    const text = await response.text();
    if (response.status === 200) return JSON.parse(text) as Json;
    const delayMs = retryDelaysMs[attempt];
    const isBusy = response.status === 429 || response.status === 503;
    if (!isBusy || delayMs === undefined)
      throw new Error(`${url} answered with ${response.status}: ${text.slice(0, 200)}`);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
  }
}

/** Reasons by index of the batch. */
function reasonsOf(reply: Json): Map<number, string> {
  const rejected = isObject(reply) ? field(reply, "rejected") : undefined;
  const reasons = new Map<number, string>();
  for (const entry of Array.isArray(rejected) ? (rejected as readonly Json[]) : []) {
    if (!isObject(entry)) continue;
    const index = field(entry, "index");
    if (typeof index === "number") reasons.set(index, String(field(entry, "reason")));
  }
  return reasons;
}
