import { Hono } from "hono";
import { type ReceiptQuestion, receiptQuestion, soughtIds } from "../receipt-question.ts";
import { answerJson } from "./answer.ts";
import type { Env } from "./env.ts";
import { readerOf, type TokenProject } from "./read-token.ts";
import { findEvent, findRejection, type Found, type StoredEvent } from "./receipt-search.ts";
import { refuse } from "./reply.ts";
import { shardLog } from "./shard-logs.ts";

/** `GET /v1/receipts/:messageId?time=&receipt=&keyKind=`: what became of an event, for the project of the read token. */
export const receiptRoutes = new Hono<{ Bindings: Env }>();

receiptRoutes.get("/receipts/:messageId", async (context) => {
  const reader = await readerOf(context, "events");
  if (!reader.ok) return refuse(context, reader.error);
  const search = new URL(context.req.url).searchParams;
  const question = receiptQuestion(context.req.param("messageId"), search);
  if (!question.ok) return refuse(context, question.error);
  const answer = await receiptAnswer(context.env, reader.value, question.value);
  return answerJson(context, { messageId: question.value.messageId, ...answer });
});

/**
 * Asks the logs whether they have stored the id, which is cheap and certain where the bucket is known, then looks for its row. What
 * the logs have and no file of the hours has is `pending` while a log has unpublished rows, else `stored` in a file of another hour.
 */
async function receiptAnswer(env: Env, { project, shards }: TokenProject, question: ReceiptQuestion): Promise<object> {
  const { messageId, receiptId, keyKinds, eventHours, rejectedHours } = question;
  const log = await askLogs(env, project, shards, question);
  const isKind = (kind: string): boolean => keyKinds.some((asked) => asked === kind);
  const hours = log.isKnown || !question.isBucketSure ? eventHours : [];
  const event = await findEvent(env.LAKE, project, hours, (row) => {
    return row.message_id === messageId && isKind(row.key_kind);
  });
  const isOfReceipt = receiptId === null || receiptId === event.found?.row.receipt_id;
  if (event.found !== null && isOfReceipt) return { status: "stored", ...storedPlace(event.found) };
  if (event.found === null && log.isKnown) return { status: log.hasUnpublished ? "pending" : "stored", file: null };
  const rejection = await findRejection(env.LAKE, project, rejectedHours, (row) => {
    const isNamed = row.message_id === messageId || `${row.receipt_id}-${row.receipt_index}` === messageId;
    return isNamed && isKind(row.key_kind) && (receiptId ?? row.receipt_id) === row.receipt_id;
  });
  if (rejection.found !== null) {
    const { key, row } = rejection.found;
    const { reason, field, message } = row;
    return { status: "rejected", file: key, reason, field, message, ...placeOf(row) };
  }
  if (event.found !== null) return { status: "duplicate", receipt: receiptId, of: storedPlace(event.found) };
  return { status: "unknown", searchedAll: event.isComplete && rejection.isComplete };
}

function storedPlace({ key, row }: Found<StoredEvent>): object {
  return { file: key, time: new Date(row.time).toISOString(), ...placeOf(row) };
}

function placeOf(
  row: Pick<StoredEvent, "receipt_id" | "receipt_index" | "received_time" | "source" | "key_kind">,
): object {
  return {
    receipt: row.receipt_id,
    index: row.receipt_index,
    receivedAt: new Date(row.received_time).toISOString(),
    source: row.source,
    keyKind: row.key_kind,
  };
}

async function askLogs(
  env: Env,
  project: string,
  shards: number,
  question: ReceiptQuestion,
): Promise<{ readonly isKnown: boolean; readonly hasUnpublished: boolean }> {
  const ids = soughtIds(question);
  let isKnown = false;
  let hasUnpublished = false;
  for (let shard = 0; shard < shards; shard++) {
    const log = shardLog(env, project, shard);
    // Whether rows wait is asked first: one that is published in between is then at worst called pending.
    hasUnpublished ||= (await log.status()).pendingRows > 0;
    isKnown ||= (await log.knows(ids)).includes(true);
  }
  return { isKnown, hasUnpublished };
}
