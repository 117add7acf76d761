import { field, type JsonObject } from "@sluice/schema";
import { parseDecimal } from "./decimal.ts";

/** An amount and its currency, each where the event states one. */
export interface Money {
  /** Decimal text with six fraction digits. */
  readonly revenue: string | null;
  /** Three letters in upper case. */
  readonly currency: string | null;
}

/** `revenue` (a number or the text of one) and `currency` of a track event's properties. */
export function moneyOf(properties: JsonObject): Money {
  const revenue = field(properties, "revenue");
  const currency = field(properties, "currency");
  const isNumeric = typeof revenue === "number" || typeof revenue === "string";
  const isCode = typeof currency === "string" && /^[a-z]{3}$/i.test(currency);
  return {
    // A number's own text is its shortest decimal form, the one it was sent in; 1e400 is Infinity and no decimal.
    revenue: isNumeric ? parseDecimal(String(revenue)) : null,
    currency: isCode ? currency.toUpperCase() : null,
  };
}
