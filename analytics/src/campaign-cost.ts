import { parseDecimal } from "@sluice/lake";
import { field, isObject, type Json } from "@sluice/schema";
import { countedEvents } from "./metrics.ts";

/** Whether an event states what a campaign cost. */
export function isCampaignCost({ type, event }: { readonly type: string; readonly event: string | null }): boolean {
  return type === "track" && event === countedEvents.campaignCost;
}

/** `cost` of an event's properties, a number or numeric text, as decimal text; `null` where it states none below 10¹². */
export function costOf(properties: string | null): string | null {
  const values = properties === null ? null : (JSON.parse(properties) as Json);
  const cost = isObject(values ?? undefined) ? field(values as Record<string, Json>, "cost") : null;
  return typeof cost === "number" || typeof cost === "string" ? parseDecimal(String(cost)) : null;
}
