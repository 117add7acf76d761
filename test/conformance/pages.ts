import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { launchChromium, type PageServer, servePage } from "../judge/chromium.ts";
import { projectRoot } from "../../tools/project-root.ts";

/** What a page of ours is made of: the published package, put on `globalThis` as a bundler of a customer would load it. */
const entries = {
  "/segment.js": `import { AnalyticsBrowser } from "@segment/analytics-next";
    globalThis.AnalyticsBrowser = AnalyticsBrowser;`,
  "/rudder.js": `import { RudderAnalytics } from "@rudderstack/analytics-js/bundled";
    globalThis.RudderAnalytics = RudderAnalytics;`,
} as const;

/** A browser, and the server of the pages that it opens. */
export interface Pages {
  readonly browser: Browser;
  readonly server: PageServer;
}

/** Path of a page's SDK. */
export type SdkScript = keyof typeof entries;

/** Starts the browser and the server of a page for the SDKs' scripts. */
export async function startPages(): Promise<Pages> {
  const paths = Object.keys(entries) as SdkScript[];
  const scripts = await Promise.all(paths.map(async (path) => [path, await bundled(entries[path])] as const));
  const server = await servePage("<!doctype html><title>Tea &amp; Co</title><h1>Shop</h1>", new Map(scripts));
  return { server, browser: await launchChromium() };
}

/** A page in a profile of its own, with the SDK loaded. */
export async function openPage({ browser, server }: Pages, script: SdkScript): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${server.url}/shop`);
  await page.addScriptTag({ url: script });
  return page;
}

async function bundled(contents: string): Promise<string> {
  const result = await build({
    stdin: { contents, resolveDir: projectRoot },
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    target: "es2022",
    platform: "browser",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "silent",
  });
  const [output] = result.outputFiles;
  if (output === undefined) throw new Error("esbuild made nothing of an SDK");
  return output.text;
}
