/** The campaign of a page address, by the names of `context.campaign` in the Segment spec. */
export type Campaign = Record<string, string>;

/** Parameters by which senders say where a visitor comes from: utm_source …, gclid, fbclid, msclkid, wbraid … */
const campaignParameter = /^utm_|clk?id$|braid$/;

/**
 * The campaign that a query string (`location.search`) names; `undefined` when it names none.
 * `utm_campaign` becomes `name`, any other `utm_x` becomes `x`, an advertiser's click id keeps its name.
 */
export function campaignOf(search: string): Campaign | undefined {
  let campaign: Campaign | undefined;
  for (const [key, value] of new URLSearchParams(search)) {
    if (!campaignParameter.test(key) || !value) continue;
    campaign ??= {};
    campaign[key.replace("utm_campaign", "name").replace("utm_", "")] = value;
  }
  return campaign;
}
