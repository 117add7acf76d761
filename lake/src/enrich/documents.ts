import { field, isObject, type Json, objectField } from "@sluice/schema";
import { jsonText } from "../json-text.ts";
import type { Step } from "./step.ts";

/** The event's own JSON, whole: what columns repeat of it stays in it. */
export const documents: Step<"properties" | "traits" | "context"> = {
  name: "documents",
  about: "`properties`, `traits` and `context` as sent",
  columns: ({ raw, type, context }) => ({
    properties: json(field(raw, "properties")),
    traits: json(objectField(raw, "traits") ?? (type === "identify" ? field(context, "traits") : undefined)),
    context: json(field(raw, "context")),
  }),
};

function json(value: Json | undefined): string | null {
  return isObject(value) ? jsonText(value) : null;
}
