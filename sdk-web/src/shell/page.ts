import type { Fields } from "@sluice/core";
import { campaignOf } from "../campaign.ts";

/** The page that is shown, as `context.page` and as the properties of a page event. */
export function pageFields(): Fields {
  const { href, pathname, search } = location;
  return { url: href, path: pathname, search, title: document.title, referrer: document.referrer };
}

/** What surrounds every event of this page. Fields that the browser does not know are left out. */
export function pageContext(): Fields {
  return {
    page: pageFields(),
    campaign: campaignOf(location.search),
    locale: navigator.language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    screen: { width: screen.width, height: screen.height },
  };
}
