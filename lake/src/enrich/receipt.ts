import type { Step } from "./step.ts";

/** What the edge wrote down when the request came. */
export const receipt: Step<
  "received_time" | "sent_time" | "source" | "key_kind" | "receipt_id" | "receipt_index" | "gpc"
> = {
  name: "receipt",
  about: "when and by which key the request came, and whether its browser asked not to be tracked",
  columns: ({ receipt: { receivedAtMs, sentAtMs, source, keyKind, receiptId, gpc }, index }) => ({
    received_time: receivedAtMs,
    sent_time: sentAtMs,
    source,
    key_kind: keyKind,
    receipt_id: receiptId,
    receipt_index: index,
    // A server's request says nothing of its users' browsers.
    gpc: keyKind === "public" ? (gpc ?? null) : null,
  }),
};
