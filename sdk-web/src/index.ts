/*
 * @sluice/web: the Sluice SDK for pages, and the snippet that loads it.
 * Called by a site's own code (npm), or by the page itself through the snippet and {host}/sluice.js.
 * It never makes a boot request or a preflight, never throws into the page, never blocks rendering, and
 * importing it does nothing (so it may be imported where pages are rendered on a server).
 */
export { createClient, createClient as load } from "./create-client.ts";
export { captureClicksAndForms, type Tracks } from "./modules/autocapture.ts";
export { keepIdentityInCookie } from "./modules/identity-cookie.ts";
export { linkHosts } from "./modules/linked-hosts.ts";
export { trackOutboundLinks } from "./modules/outbound-links.ts";
export { trackScriptErrors } from "./modules/script-errors.ts";
export { trackScrollDepth } from "./modules/scroll-depth.ts";
export { trackTimeOnPage } from "./modules/time-on-page.ts";
export { trackWebVitals } from "./modules/web-vitals.ts";
export type * from "./notices.ts";
export type * from "./options.ts";
export { snippet, type SnippetOptions } from "./snippet.ts";
export type { CallOptions, Fields } from "@sluice/core";
