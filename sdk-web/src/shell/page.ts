import type { Fields } from "@sluice/core";
import { campaignOf } from "../campaign.ts";
import { tab } from "./store.ts";
import { sdkName, sdkVersion } from "../version.ts";

/** What a page has and a worker has not. */
const page = globalThis as Partial<typeof window>;

const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone;

let referrer = page.document?.referrer;

/** The page that is shown, as `context.page` and as the properties of a page event. */
function pageFields(): Fields {
  const { href, pathname, search } = location;
  return { url: href, path: pathname, search, title: page.document?.title, referrer };
}

/** The campaign that brought the visitor, which outlives changes of the address within the page. */
let campaign: ReturnType<typeof campaignOf>;

/** What surrounds every event of this page. Fields that the browser does not know are left out. */
export function pageContext(): Fields {
  const { screen = {} as Screen, innerWidth, innerHeight } = page;
  const { width, height } = screen;
  const { language, userAgentData } = navigator as Navigator & { readonly userAgentData?: object };
  return {
    page: { ...pageFields(), loadId: tab },
    campaign: (campaign = campaignOf(location.search) ?? campaign),
    locale: language,
    timezone,
    screen: { width, height, innerWidth, innerHeight },
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
