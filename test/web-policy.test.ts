import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { snippet } from "@sluice/web";
import { launchChromium, skipsBrowser } from "./judge/chromium.ts";
import { FaultServer } from "./web/fault-server.ts";

const script = readFileSync(new URL("../sdk-web/dist/sluice.min.js", import.meta.url), "utf8");
const integrity = `sha384-${createHash("sha384").update(script).digest("base64")}`;

/* As docs/first-party.md sets it up: ingest is the page's own origin, the script has another name, is pinned, and needs a nonce. */
describe.skipIf(skipsBrowser())("a page with a content security policy", () => {
  let browser: Browser;
  let server: FaultServer;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    server = new FaultServer(() => "", new Map([["/s/shop.js", script]]));
    await server.start();
    server.headers = { "content-security-policy": "default-src 'none'; script-src 'nonce-R4nd0m'; connect-src 'self'" };
  });
  afterEach(() => server.stop());

  async function visit(options: { nonce?: string; integrity: string }): Promise<string[]> {
    server.pages.set(
      "/",
      snippet({ host: server.page, writeKey: "shop.web.p1.key", script: "/s/shop.js", ...options }),
    );
    const page = await browser.newPage();
    const refused: string[] = [];
    page.on("console", (message) => message.type() === "error" && refused.push(message.text()));
    await page.goto(server.page);
    await page.waitForTimeout(300);
    await page.evaluate(`window.sluice?.track("A")`);
    await vi.waitFor(() => expect(server.batches.length + refused.length).toBeGreaterThan(0), 10_000);
    await page.close();
    return refused.filter((text) => !text.includes("favicon"));
  }

  test("SW19: snippet, script and delivery work with a nonce and the script's integrity", async () => {
    expect(await visit({ nonce: "R4nd0m", integrity })).toEqual([]);
    expect([...server.names()]).toEqual(["A"]);
    expect(server.requests.every((line) => /^(GET \/(s\/shop.js|favicon.ico)?|POST \/v1\/batch)$/.test(line))).toBe(
      true,
    );
  });

  test("SW19: with another nonce, or another content of the script, nothing runs", async () => {
    expect(await visit({ nonce: "guess", integrity })).not.toEqual([]);
    expect(await visit({ nonce: "R4nd0m", integrity: integrity.replace(/-./, "-0") })).not.toEqual([]);
    expect(server.batches).toEqual([]);
  });
});
