import type { CallOptions, Fields } from "@sluice/core";
import type { MobileLinking } from "./ports.ts";

/** What of the client the helpers need. */
export interface Tracks {
  track(event: string, properties?: Fields, options?: CallOptions): unknown;
}

/** Parts of a campaign, by the parameter of a link that names them. */
const campaignParameters: ReadonlyMap<string, string> = new Map([
  ["utm_campaign", "name"],
  ["utm_source", "source"],
  ["utm_medium", "medium"],
  ["utm_term", "term"],
  ["utm_content", "content"],
]);

/**
 * Tracks `Deep Link Opened` for the link that launched the app and for every later one. The address is sent without its
 * query and fragment, which may hold tokens of a sign-in; `utm_…` parameters become `context.campaign`. Returns what ends it.
 */
export function trackDeepLinks(client: Tracks, linking: MobileLinking): () => void {
  const opened = (url: string | null): void => {
    if (!url) return;
    const campaign = campaignOf(url);
    client.track("Deep Link Opened", { url: plainAddress(url) }, campaign && { context: { campaign } });
  };
  const subscription = linking.addEventListener("url", ({ url }) => opened(url));
  linking.getInitialURL().then(opened, () => undefined);
  return () => subscription.remove();
}

/** A link without query, fragment, user and password. */
export function plainAddress(url: string): string {
  return url.replace(/[?#][^]*$/, "").replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, "$1");
}

/** The campaign that a link names, by its `utm_…` parameters; `undefined` for none. */
export function campaignOf(url: string): Fields | undefined {
  const query = /\?([^#]*)/.exec(url)?.[1] ?? "";
  const campaign = new Map<string, string>();
  for (const pair of query.split("&")) {
    const [key = "", ...value] = pair.split("=");
    const part = campaignParameters.get(key.toLowerCase());
    if (part !== undefined && value.length > 0) campaign.set(part, decode(value.join("=")));
  }
  return campaign.size > 0 ? Object.fromEntries(campaign) : undefined;
}

function decode(text: string): string {
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced; // a percent sign that encodes nothing
  }
}
