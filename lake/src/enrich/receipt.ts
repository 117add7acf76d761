import type { SettingStep } from "./step.ts";

/** What the edge wrote down when the request came. */
export const receipt: SettingStep<"received_time" | "sent_time" | "source" | "key_kind" | "receipt_id" | "gpc"> = {
  name: "receipt",
  about: "when and by which key the request came, and whether its browser asked not to be tracked",
  reads: { receipt: true, context: [], ownPage: false },
  columns: ({ receipt: { receivedAtMs, sentAtMs, source, keyKind, receiptId, gpc } }) => ({
    received_time: receivedAtMs,
    sent_time: sentAtMs,
    source,
    key_kind: keyKind,
    receipt_id: receiptId,
    // A server's request says nothing of its users' browsers.
    gpc: keyKind === "public" ? (gpc ?? null) : null,
  }),
};
