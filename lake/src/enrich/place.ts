import { ipUnderPolicy, textField } from "@sluice/schema";
import { text } from "../text.ts";
import type { Setting } from "./sent-event.ts";
import type { SettingStep } from "./step.ts";

/**
 * Where the event was sent from. Place and address of a request are facts about its sender: the user where the key is
 * public, else the customer's server, which no row is about. A server may state its user's address instead.
 */
export const place: SettingStep<"country" | "region" | "city" | "ip" | "locale" | "timezone"> = {
  name: "place",
  about:
    "place and address of a public key's request; the address that a server key states; both under the source's IP policy",
  reads: { receipt: true, context: ["locale", "timezone", "ip"], ownPage: false },
  columns: (setting) => {
    const { receipt, context } = setting;
    const geo = receipt.keyKind === "public" ? receipt.geo : nowhere;
    return {
      country: geo.country,
      region: geo.region,
      city: geo.city,
      // The edge has applied the policy to the request's address, and cannot to one within a body.
      ip: receipt.keyKind === "public" ? receipt.ip : statedIp(setting),
      locale: text(context, "locale"),
      timezone: text(context, "timezone"),
    };
  },
};

const nowhere = { country: null, region: null, city: null };

function statedIp({ context, receipt }: Setting): string | null {
  return ipUnderPolicy(textField(context, "ip"), receipt.ipPolicy ?? "truncate");
}
