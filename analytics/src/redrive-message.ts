import type { RejectedReceipt, RejectedRow } from "@sluice/lake";
import {
  eventWithType,
  fail,
  isObject,
  type Json,
  judgeEvent,
  ok,
  type Receipt,
  type RejectReason,
  type Result,
  rulesVersion,
} from "@sluice/schema";
import { applyRule, type RedriveRule } from "./redrive-rule.ts";

/** What of a rejected row a re-drive needs. */
export const redriveColumns = [
  "receipt_id",
  "receipt_index",
  "received_time",
  "source",
  "key_kind",
  "reason",
  "raw",
  "redrivable",
  "ip",
  "user_agent",
  "receipt",
] as const satisfies readonly (keyof RejectedRow)[];

/** Such a row. */
export type RejectedForRedrive = Pick<RejectedRow, (typeof redriveColumns)[number]>;

/** A mended event with the receipt under which it goes to the queue again, but for the text that names the sending. */
export interface RedrivenEvent {
  readonly event: Json;
  readonly receipt: Omit<Receipt, "redrive">;
}

/** Why a rejected event is not sent: it was not kept whole, its receipt is not known, or it would be rejected again. */
export type RedriveRefusal = "not_redrivable" | "no_receipt" | `still_${RejectReason}`;

/**
 * Mends a rejected event and judges it as the edge would. Its receipt is the one that it came with, time and index
 * included, so that its id, its clock's correction and its hour are those it would have had.
 */
export function redrivenEvent(
  row: RejectedForRedrive,
  project: string,
  rule: RedriveRule,
): Result<RedrivenEvent, RedriveRefusal> {
  const raw = row.redrivable && row.raw !== null ? parsed(row.raw) : undefined;
  if (raw === undefined) return fail("not_redrivable");
  const kept = row.receipt === null ? undefined : parsed(row.receipt);
  if (!isObject(kept)) return fail("no_receipt");
  const event = applyRule(raw, rule);
  // The lake wrote it (rejectedRowOf).
  const rest = kept as unknown as RejectedReceipt;
  const verdict = judgeEvent(eventWithType(event, rest.impliedType));
  if (!verdict.ok) return fail(`still_${verdict.error.reason}` as const);
  const receipt: RedrivenEvent["receipt"] = {
    ...rest,
    receiptId: row.receipt_id,
    receivedAtMs: row.received_time,
    isolateId: "redrive",
    sequence: 0,
    project,
    source: row.source,
    keyKind: row.key_kind === "server" ? "server" : "public",
    ip: row.ip,
    userAgent: row.user_agent,
    firstIndex: row.receipt_index,
    eventCount: 1,
    rejected: [],
    rulesVersion,
  };
  return ok({ event, receipt });
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined; // not JSON: nothing that could be sent
  }
}
