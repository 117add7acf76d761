import type { Fields } from "@sluice/core";
import { campaignOf } from "../campaign.ts";
import { tab } from "./store.ts";
import { sdkName, sdkVersion } from "../version.ts";

/** What a page has and a worker has not. */
const page = globalThis as Partial<typeof window>;

/** Browser and system as the browser tells them, read once: to have it written as JSON costs as much as the rest of an event. */
const userAgentData = (
  page.navigator as { readonly userAgentData?: { toJSON(): object } } | undefined
)?.userAgentData?.toJSON();

const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone;

let referrer = page.document?.referrer;

/** The campaign that brought the visitor, which outlives changes of the address within the page. */
let campaign: ReturnType<typeof campaignOf>;

/** What surrounds every event of this page. Fields that the browser does not know are left out. */
export function pageContext(): Fields {
  return {
    page: {
      url: location.href,
      path: location.pathname,
      search: location.search,
      title: page.document?.title,
      referrer,
      loadId: tab,
    },
    campaign: (campaign = (location.search && campaignOf(location.search)) || campaign),
    locale: navigator.language,
    timezone,
    screen: {
      width: page.screen?.width,
      height: page.screen?.height,
      innerWidth: page.innerWidth,
      innerHeight: page.innerHeight,
    },
    userAgentData,
    library: { name: sdkName, version: sdkVersion },
  };
}

/** Calls back after every change of the address that the page makes itself; the page left becomes the referrer. */
export function onPageView(viewed: () => void): void {
  let { href } = location;
  const check = (): void => {
    if (href === location.href) return;
    referrer = href;
    href = location.href;
    setTimeout(viewed); // the page sets its title after its address
  };
  if (page.navigation) return page.navigation.addEventListener("currententrychange", check);
  const pushState = history.pushState.bind(history);
  history.pushState = (...given) => {
    pushState(...given);
    check();
  };
  addEventListener("popstate", check);
}
