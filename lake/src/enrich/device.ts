import { type JsonObject, objectField } from "@sluice/schema";
import { text, wellFormedOrNull } from "../text.ts";
import { none } from "./sent-event.ts";
import type { SettingStep } from "./step.ts";
import { type DeviceClass, userAgentFacts } from "./user-agent.ts";

/** The device, system and browser: as the context states them, else by the user agent. */
export const device: SettingStep<
  "user_agent" | "browser_name" | "browser_version" | "os_name" | "os_version" | "device_type" | "device_class"
> = {
  name: "device",
  about: "device and system that the context states, else what the user agent says; the browser by the user agent",
  reads: { receipt: true, context: ["userAgent", "device", "os"], ownPage: false },
  columns: ({ receipt, context }) => {
    // Under a server key, the request's user agent is that of the customer's server.
    const ofRequest = receipt.keyKind === "public" ? receipt.userAgent : null;
    const userAgent = text(context, "userAgent") ?? wellFormedOrNull(ofRequest);
    const facts = userAgent === null ? null : userAgentFacts(userAgent);
    const stated = objectField(context, "device") ?? none;
    const os = objectField(context, "os") ?? none;
    const osName = text(os, "name");
    return {
      user_agent: userAgent,
      browser_name: facts?.browserName ?? null,
      browser_version: facts?.browserVersion ?? null,
      os_name: osName ?? facts?.osName ?? null,
      // A version belongs to its name: never the version of one source beside the name of the other.
      os_version: osName === null ? (facts?.osVersion ?? null) : text(os, "version"),
      device_type: text(stated, "type"),
      device_class: facts?.deviceClass ?? statedClass(stated),
    };
  },
};

/** Class of a device by its type, which apps state as `ios` or `android`; `null` where it is none of those known. */
function statedClass(stated: JsonObject): DeviceClass | null {
  switch (text(stated, "type")?.toLowerCase()) {
    case "ios":
      return text(stated, "model")?.startsWith("iPad") === true ? "tablet" : "mobile";
    case "android":
    case "mobile":
      return "mobile";
    case "tablet":
      return "tablet";
    case "desktop":
      return "desktop";
    case "tv":
      return "tv";
    default:
      return null;
  }
}
