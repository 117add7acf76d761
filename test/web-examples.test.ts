/*
 * The examples for React, Vue and Next.js, built as their readers build them, and opened in Chromium: nothing before consent, then
 * the views of each page that their router showed and their events. Visits return the errors that the page has logged.
 */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { launchChromium, skipsBrowser } from "./judge/chromium.ts";
import { FaultServer } from "./web/fault-server.ts";

const run = promisify(execFile);
const { resolve } = createRequire(import.meta.url);
const folderOf = (name: string): string => fileURLToPath(new URL(`../examples/${name}`, import.meta.url));
const bin = (path: string): string => join(resolve("react/package.json"), "../..", path);
const writeKey = "shop.web.p1.key";

describe.skipIf(skipsBrowser())("examples", () => {
  let browser: Browser;
  let server: FaultServer;

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    server = new FaultServer(() => "", new Map());
    await server.start();
    return () => server.stop();
  });

  /** Runs a tool in the folder of an example. */
  async function build(name: string, script: string, ...args: string[]): Promise<void> {
    const sluice = { SLUICE_HOST: server.ingest, SLUICE_WRITE_KEY: writeKey };
    const next = { NEXT_PUBLIC_SLUICE_HOST: server.ingest, NEXT_PUBLIC_SLUICE_WRITE_KEY: writeKey };
    const env = { ...process.env, ...sluice, ...next, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
    await run(process.execPath, [script, ...args], { cwd: folderOf(name), env, timeout: 240_000 });
  }

  /** Serves what was built: files as they are, pages without their ending too; every other path shows the first page. */
  function serve(folder: string): void {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      const path = `/${relative(folder, file).replaceAll(sep, "/")}`;
      const text = readFileSync(file, "utf8");
      if (path.endsWith(".html")) server.pages.set(path.replace(/(index)?\.html$/, ""), text);
      else server.scripts.set(path, text);
    }
    const first = server.pages.get("/") ?? "";
    if (!server.pages.has("/about")) server.pages.set("/about", first);
  }

  /** A visitor who looks around, agrees, buys, and goes on. */
  async function visit(): Promise<string[]> {
    const context = await browser.newContext();
    const page = await context.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.goto(server.page);
    await page.click("text=Add tea");
    await page.waitForSelector("aside");
    await page.waitForTimeout(2500); // longer than a batch waits
    expect(server.batches).toEqual([]);
    expect(await page.evaluate(`Object.keys(localStorage).concat(document.cookie || [])`)).toEqual([]);
    await page.click("text=Yes");
    await page.click("text=Log in");
    await page.click("text=Empty the cart");
    await page.click("text=About");
    await page.waitForSelector("h1:has-text('About')");
    const seen = (): string[] =>
      server.batches.flatMap(({ events }) => events.map((event) => `${String(event["event"] ?? event["type"])}`));
    await vi.waitFor(() => expect(seen()).toHaveLength(5), { timeout: 10_000, interval: 50 });
    expect(seen()).toEqual(["page", "Product Added", "identify", "Cart Emptied", "page"]);
    const events = server.batches.flatMap((batch) => batch.events);
    expect(events[1]).toMatchObject({ properties: { sku: "A1", price: "14.99" } });
    expect(events[4]).toMatchObject({ userId: "ada", properties: { path: "/about" } });
    expect(new Set(events.map((event) => event["anonymousId"])).size).toBe(1);
    await page.reload();
    expect(await page.isVisible("aside")).toBe(false);
    await vi.waitFor(() => expect(seen()).toHaveLength(6), { timeout: 10_000, interval: 50 });
    await context.close();
    return errors.filter((text) => !text.includes("404"));
  }

  test.each(["react", "vue"])(
    "SW58: the example for %s builds, and delivers page views and events",
    async (name) => {
      await build(name, "build.mjs");
      serve(join(folderOf(name), "dist"));
      expect(await visit()).toEqual([]);
    },
    120_000,
  );

  test("SW58: the example for Next.js builds, and delivers page views and events", async () => {
    await build("next", bin("next/dist/bin/next"), "build");
    serve(join(folderOf("next"), "out"));
    expect(await visit()).toEqual([]);
  }, 300_000);

  test.each(["react", "vue", "next"])(
    "SW58: the types of the example for %s hold",
    async (name) => {
      await build(name, bin("typescript/bin/tsc"), "--noEmit", "-p", ".");
      const analytics = name === "next" ? "app/analytics.ts" : `src/${name === "vue" ? "sluice" : "analytics"}.ts`;
      expect(readFileSync(join(folderOf(name), analytics), "utf8")).toContain("createClient<Events>");
    },
    120_000,
  );
});
