/** UTM parameters of a page address, by the names of `context.campaign` in the Segment spec. */
export type Campaign = Record<string, string>;

/**
 * The campaign that a query string (`location.search`) names; `undefined` when it names none.
 * `utm_campaign` becomes `name`, any other `utm_x` becomes `x`.
 */
export function campaignOf(search: string): Campaign | undefined {
  let campaign: Campaign | undefined;
  for (const [key, value] of new URLSearchParams(search)) {
    if (!key.startsWith("utm_") || !value) continue;
    campaign ??= {};
    campaign[key === "utm_campaign" ? "name" : key.slice(4)] = value;
  }
  return campaign;
}
