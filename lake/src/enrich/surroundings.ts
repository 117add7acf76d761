import { objectField } from "@sluice/schema";
import { jsonText } from "../json-text.ts";
import { textOrNumber } from "../text.ts";
import { none } from "./sent-event.ts";
import type { SettingStep } from "./step.ts";

/** The context, whole: what columns repeat of it stays in it. And the session that it names. */
export const surroundings: SettingStep<"context" | "session_id"> = {
  name: "surroundings",
  about: "`context` as sent, and the session that it names",
  reads: { receipt: false, context: "all", ownPage: false },
  columns: ({ context }) => ({
    context: context === none ? null : jsonText(context),
    session_id: textOrNumber(objectField(context, "session") ?? none, "id") ?? textOrNumber(context, "sessionId"),
  }),
};
