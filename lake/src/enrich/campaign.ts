import { type JsonObject, objectField, textField } from "@sluice/schema";
import { wellFormedOrNull } from "../text.ts";
import type { SettingStep } from "./step.ts";

/** What led the user here. */
export const campaign: SettingStep<
  | "campaign_source"
  | "campaign_medium"
  | "campaign_name"
  | "campaign_term"
  | "campaign_content"
  | "click_id_name"
  | "click_id"
> = {
  name: "campaign",
  about: "`context.campaign`, else the utm parameters of the page's URL; the click id that an advertiser put there",
  reads: { receipt: false, context: ["campaign", "page"], ownPage: true },
  columns: ({ context }, { page_url: url }) => {
    const query = url === null ? "" : queryOf(url);
    const { source, medium, name, term, content } = statedCampaign(context) ?? urlCampaign(query) ?? noCampaign;
    const click = clickOf(query) ?? noClick;
    return {
      campaign_source: wellFormedOrNull(source),
      campaign_medium: wellFormedOrNull(medium),
      campaign_name: wellFormedOrNull(name),
      campaign_term: wellFormedOrNull(term),
      campaign_content: wellFormedOrNull(content),
      click_id_name: click.name,
      click_id: wellFormedOrNull(click.id),
    };
  },
};

/** Names of click ids, by the advertisers that add them. The first that a URL carries counts. */
const clickIdNames = [
  "gclid", // Google Ads, with gbraid and wbraid in their place on iOS
  "gbraid",
  "wbraid",
  "dclid", // Google Display & Video
  "msclkid", // Microsoft Advertising
  "fbclid", // Meta
  "ttclid", // TikTok
  "twclid", // X
  "li_fat_id", // LinkedIn
  "yclid", // Yandex
] as const;

/** Whether a query may name one: most do not, and need not be taken apart. */
const anyClickId = new RegExp(`(?:^|&)(?:${clickIdNames.join("|")})=`);

interface CampaignFacts {
  readonly source: string | null;
  readonly medium: string | null;
  readonly name: string | null;
  readonly term: string | null;
  readonly content: string | null;
}

const noCampaign: CampaignFacts = { source: null, medium: null, name: null, term: null, content: null };

interface Click {
  readonly name: string | null;
  readonly id: string | null;
}

const noClick: Click = { name: null, id: null };

/** `context.campaign`, where it says anything. */
function statedCampaign(context: JsonObject): CampaignFacts | null {
  const stated = objectField(context, "campaign");
  if (stated === null) return null;
  return sayingAnything({
    source: textField(stated, "source"),
    medium: textField(stated, "medium"),
    name: textField(stated, "name"),
    term: textField(stated, "term"),
    content: textField(stated, "content"),
  });
}

function urlCampaign(query: string): CampaignFacts | null {
  if (!query.includes("utm_")) return null;
  const parameters = new URLSearchParams(query);
  return {
    source: parameters.get("utm_source") || null,
    medium: parameters.get("utm_medium") || null,
    name: parameters.get("utm_campaign") || null,
    term: parameters.get("utm_term") || null,
    content: parameters.get("utm_content") || null,
  };
}

function sayingAnything(facts: CampaignFacts): CampaignFacts | null {
  const { source, medium, name, term, content } = facts;
  return (source ?? medium ?? name ?? term ?? content) === null ? null : facts;
}

function clickOf(query: string): Click | null {
  if (!anyClickId.test(query)) return null;
  const parameters = new URLSearchParams(query);
  for (const name of clickIdNames) {
    const id = parameters.get(name);
    if (id !== null && id !== "") return { name, id };
  }
  return null;
}

/** The query of a URL, which may be relative or broken; empty when it has none. */
function queryOf(url: string): string {
  const start = url.indexOf("?");
  const hash = url.indexOf("#");
  if (start < 0 || (hash >= 0 && hash < start)) return "";
  return url.slice(start + 1, hash < 0 ? undefined : hash);
}
