import type { IngestReply, RejectedInReply } from "@sluice/schema";
import type { SendReply } from "./ports.ts";
import type { EventResult } from "./results.ts";
import { isRetried, parseRetryAfter } from "./retry.ts";

/** What a reply means for its batch. */
export type ReplyVerdict =
  | {
      readonly kind: "settled";
      /** What became of each event, in the order of the batch. */
      readonly results: readonly EventResult[];
      /** The server's clock, ms; NaN when it did not say. */
      readonly serverMs: number;
    }
  | { readonly kind: "retry"; readonly retryAfterMs: number | null }
  | { readonly kind: "split" };

/**
 * Judges the reply to a batch with these message ids. Success is exactly 200 with `"success": true`. A batch that
 * is too large (413) or cannot be read (400) is split, until only the event at fault is refused.
 */
export function judgeReply(reply: SendReply, messageIds: readonly string[]): ReplyVerdict {
  const { status } = reply;
  const taken = status === 200 ? parseIngestReply(reply.body) : null;
  if (!taken) {
    if ((status === 413 || status === 400) && messageIds.length > 1) return { kind: "split" };
    if (isRetried(status)) return { kind: "retry", retryAfterMs: parseRetryAfter(reply.retryAfter) };
  }
  const entries = Array.isArray(taken?.rejected) ? (taken.rejected as readonly RejectedInReply[]) : [];
  const rejected = new Map(entries.map((entry) => [entry.index, entry]));
  const results = messageIds.map((messageId, index): EventResult => {
    if (!taken) return { outcome: "dropped", messageId, reason: `http_${status}` };
    const entry = rejected.get(index);
    return entry ? { ...entry, outcome: "rejected", messageId } : { outcome: "delivered", messageId };
  });
  return { kind: "settled", results, serverMs: Date.parse(taken?.serverTime ?? "") };
}

function parseIngestReply(body: string | undefined): Partial<IngestReply> | null {
  try {
    const reply = JSON.parse(body ?? "") as Partial<IngestReply> | null;
    return reply?.success === true ? reply : null;
  } catch {
    return null; // not JSON, so not Sluice's answer: some box on the way spoke, and the batch is sent again
  }
}
