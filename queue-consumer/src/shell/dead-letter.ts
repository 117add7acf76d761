import type { Message, R2Bucket } from "@cloudflare/workers-types";
import { bytesOf } from "../consume/decode-message.ts";

/** Why a message became a dead letter: it can never be opened, or it ran out of retries. */
export type DeadReason =
  | "retries_exhausted"
  | "not_bytes"
  | "corrupt"
  | "corrupt_gzip"
  | "corrupt_json"
  | "event_count";

/** Key of the object that keeps a dead letter; the same message always has the same. */
function deadLetterKey(queue: string, messageId: string): string {
  return `dead/${queue}/${messageId}`;
}

/** Stores a message with its bytes as they are. Idempotent: a second time replaces the same object. Throws when R2 fails. */
export async function storeDeadLetter(
  bucket: Pick<R2Bucket, "put">,
  queue: string,
  message: Pick<Message, "id" | "body" | "attempts" | "timestamp">,
  reason: DeadReason,
): Promise<void> {
  const bytes = bytesOf(message.body);
  await bucket.put(deadLetterKey(queue, message.id), bytes ?? JSON.stringify(message.body) ?? "", {
    customMetadata: {
      reason,
      format: bytes === null ? "json" : "bytes",
      attempts: String(message.attempts),
      sent: message.timestamp.toISOString(),
    },
  });
}
