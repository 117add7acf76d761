import { type JsonObject, objectField } from "@sluice/schema";
import { text } from "../text.ts";
import { none } from "./sent-event.ts";
import type { SettingStep } from "./step.ts";

/** The page that the event happened on; a page call may name it in its properties. */
export const page: SettingStep<"page_url" | "page_path" | "page_title" | "page_referrer"> = {
  name: "page",
  about: "the page that the context names, or a page call's properties",
  reads: { receipt: false, context: ["page"], ownPage: true },
  columns: ({ context, ownPage: own }) => {
    const stated = objectField(context, "page") ?? none;
    return {
      page_url: text(stated, "url") ?? text(own, "url"),
      page_path: text(stated, "path") ?? text(own, "path"),
      page_title: text(stated, "title") ?? text(own, "title"),
      page_referrer: referrer(stated) ?? referrer(own),
    };
  },
};

/** RudderStack's browser SDK says `$direct` where there is no referrer. */
function referrer(page: JsonObject): string | null {
  const value = text(page, "referrer");
  return value === "$direct" ? null : value;
}
