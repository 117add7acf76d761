import { type JsonObject, objectField, textField } from "@sluice/schema";

/** What an event says of the campaign that led to it. */
export interface Campaign {
  readonly source: string | null;
  readonly medium: string | null;
  readonly name: string | null;
  readonly term: string | null;
  readonly content: string | null;
}

/** `context.campaign` where it says anything, else the `utm_*` parameters of the page's URL. */
export function campaignOf(context: JsonObject, pageUrl: string | null): Campaign {
  const stated = objectField(context, "campaign");
  const named = stated === null ? null : campaignBy((name) => textField(stated, name), "name");
  if (named !== null && Object.values(named).some((value) => value !== null)) return named;
  const parameters = queryOf(pageUrl);
  return campaignBy((name) => parameters.get(`utm_${name}`) || null, "campaign");
}

function campaignBy(value: (name: string) => string | null, campaignName: string): Campaign {
  return {
    source: value("source"),
    medium: value("medium"),
    name: value(campaignName),
    term: value("term"),
    content: value("content"),
  };
}

/** Parameters of a URL, which may be relative or broken. */
function queryOf(url: string | null): URLSearchParams {
  const withoutHash = url?.split("#", 1)[0] ?? "";
  const start = withoutHash.indexOf("?");
  return new URLSearchParams(start < 0 ? "" : withoutHash.slice(start + 1));
}
