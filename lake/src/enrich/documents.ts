import { field, isObject, type Json, objectField } from "@sluice/schema";
import { jsonText } from "../json-text.ts";
import type { Step } from "./step.ts";

/** What the event says of itself, whole: what columns repeat of it stays in it. */
export const documents: Step<"properties" | "traits"> = {
  name: "documents",
  about: "`properties` and `traits` as sent",
  columns: ({ raw, type, context }) => ({
    properties: json(field(raw, "properties")),
    traits: json(objectField(raw, "traits") ?? (type === "identify" ? field(context, "traits") : undefined)),
  }),
};

function json(value: Json | undefined): string | null {
  return isObject(value) ? jsonText(value) : null;
}
