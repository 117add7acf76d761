import { field, isObject, type Json, type JsonObject, objectField } from "@sluice/schema";
import { jsonText } from "../json-text.ts";
import type { SettingStep } from "./step.ts";

/** What the person agreed to when the event was made: category id → whether it is allowed. */
export const consent: SettingStep<"consent"> = {
  name: "consent",
  about:
    "which categories the person allowed: `context.consent.categoryPreferences` (Segment), else `context.consentManagement` (RudderStack); ids are the consent tool's own, such as OneTrust's `C0002`",
  reads: { receipt: false, context: ["consent", "consentManagement"], ownPage: false },
  columns: ({ context }) => {
    const categories = preferencesIn(context) ?? consentIdsIn(context);
    // Sorted, so that the same choices are the same text; fromEntries defines fields, so that `__proto__` stays one.
    const entries = categories?.toSorted(([a], [b]) => (a < b ? -1 : 1)) ?? [];
    return { consent: entries.length === 0 ? null : jsonText(Object.fromEntries(entries)) };
  },
};

type Category = readonly [id: string, isAllowed: boolean];

function preferencesIn(context: JsonObject): readonly Category[] | null {
  const stated = objectField(context, "consent");
  const preferences = stated === null ? null : objectField(stated, "categoryPreferences");
  if (preferences === null) return null;
  return Object.keys(preferences).flatMap((id) => {
    const value = field(preferences, id);
    return typeof value === "boolean" ? [[id, value] as const] : [];
  });
}

/** A category in both lists is denied. */
function consentIdsIn(context: JsonObject): readonly Category[] | null {
  const stated = objectField(context, "consentManagement");
  if (stated === null) return null;
  const denied = new Set(textsIn(field(stated, "deniedConsentIds")));
  const ids = new Set([...textsIn(field(stated, "allowedConsentIds")), ...denied]);
  return [...ids].map((id) => [id, !denied.has(id)] as const);
}

/** The ids of a list; older SDKs sent objects from id to name. */
function textsIn(value: Json | undefined): readonly string[] {
  if (isObject(value)) return Object.keys(value);
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}
