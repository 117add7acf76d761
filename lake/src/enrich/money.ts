import { field } from "@sluice/schema";
import { parseDecimal } from "../decimal.ts";
import type { Step } from "./step.ts";

/** What a track event is worth, exactly. */
export const money: Step<"revenue" | "currency"> = {
  name: "money",
  about: "revenue and currency of a track event, by the decimal text of the number",
  columns: ({ type, properties }) => {
    if (type !== "track") return { revenue: null, currency: null };
    const revenue = field(properties, "revenue");
    const currency = field(properties, "currency");
    const isNumeric = typeof revenue === "number" || typeof revenue === "string";
    const isCode = typeof currency === "string" && /^[a-z]{3}$/i.test(currency);
    return {
      // A number's own text is its shortest decimal form, the one it was sent in; 1e400 is Infinity and no decimal.
      revenue: isNumeric ? parseDecimal(String(revenue)) : null,
      currency: isCode ? currency.toUpperCase() : null,
    };
  },
};
