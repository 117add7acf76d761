/*
 * @sluice/web: the Sluice SDK for pages, and the snippet that loads it.
 * Called by a site's own code (npm), or by the page itself through the snippet and {host}/sluice.js.
 * It never makes a boot request or a preflight, never throws into the page, never blocks rendering, and
 * importing it does nothing (so it may be imported where pages are rendered on a server).
 */
export { createClient, createClient as load } from "./create-client.ts";
export type * from "./notices.ts";
export type * from "./options.ts";
export { snippet, type SnippetOptions } from "./snippet.ts";
export type { CallOptions, Fields } from "@sluice/core";
