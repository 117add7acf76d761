/*
 * Consent in a real Chromium: for each thing that a page may have decided, what lies on the visitor's device and what has
 * left it; at the start, when the visitor agrees, and when they withdraw.
 */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { launchChromium, skipsBrowser } from "./judge/chromium.ts";
import { FaultServer } from "./web/fault-server.ts";

const script = readFileSync(new URL("../sdk-web/dist/sluice.min.js", import.meta.url), "utf8");

/** What has left the device, by name; with `!` where it carries no user id. */
type Sent = readonly string[];

interface Case {
  readonly options: object;
  /** What the browser says for its user. */
  readonly signals?: Readonly<Record<string, unknown>>;
  /** Sent at the start, of A and of B by user u; then after consent is given, with C; then after it is withdrawn, with D. */
  readonly first: Sent;
  readonly granted: Sent;
  /** Whether anything lies on the device at the start, and after consent is given. */
  readonly stores: readonly [boolean, boolean];
}

const all = ["A!", "identify", "B", "C"];
const cases: readonly Case[] = [
  { options: {}, first: ["A!", "identify", "B"], granted: all, stores: [true, true] },
  { options: { consent: "granted" }, first: ["A!", "identify", "B"], granted: all, stores: [true, true] },
  { options: { consent: "denied" }, first: [], granted: ["C!"], stores: [false, true] },
  { options: { consent: "pending" }, first: [], granted: all, stores: [false, true] },
  { options: { consent: "pending", pending: "hold" }, first: [], granted: all, stores: [false, true] },
  { options: { consent: "pending", pending: "drop" }, first: [], granted: ["C!"], stores: [false, true] },
  {
    options: { consent: "pending", pending: "anonymous" },
    first: ["A!", "B!"],
    granted: ["A!", "B!", "identify", "C"],
    stores: [false, true],
  },
  { options: { cookieless: true }, first: ["A!", "identify", "B"], granted: all, stores: [false, false] },
  { options: { cookieless: true, consent: "pending" }, first: [], granted: all, stores: [false, false] },
  { options: { cookieless: true, consent: "denied" }, first: [], granted: ["C!"], stores: [false, false] },
  { options: { gpc: true }, first: ["A!", "identify", "B"], granted: all, stores: [true, true] },
  {
    options: { gpc: true },
    signals: { globalPrivacyControl: true },
    first: [],
    granted: ["C!"],
    stores: [false, true],
  },
  { options: { dnt: true }, signals: { doNotTrack: "1" }, first: [], granted: ["C!"], stores: [false, true] },
  {
    options: { dnt: true },
    signals: { doNotTrack: "0" },
    first: ["A!", "identify", "B"],
    granted: all,
    stores: [true, true],
  },
  {
    options: { consent: "granted", pending: "anonymous", gpc: true, dnt: true },
    signals: { globalPrivacyControl: true, doNotTrack: "1" },
    first: [],
    granted: ["C!"],
    stores: [false, true],
  },
];

describe.skipIf(skipsBrowser())("privacy", () => {
  let browser: Browser;
  let context: BrowserContext;
  let server: FaultServer;

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    const html = (): string => `<!doctype html><title>Page</title><script src="/sluice.js"></script>`;
    server = new FaultServer(html, new Map([["/sluice.js", script]]));
    await server.start();
    context = await browser.newContext();
  });
  afterEach(async () => {
    await context.close();
    await server.stop();
  });

  async function start({ options, signals = {} }: Pick<Case, "options" | "signals">): Promise<Page> {
    const page = await context.newPage();
    for (const [name, value] of Object.entries(signals)) {
      await page.addInitScript(`Object.defineProperty(navigator, "${name}", { get: () => ${JSON.stringify(value)} })`);
    }
    await page.goto(server.page);
    await page.evaluate(
      `void sluice.load(${JSON.stringify({ ...options, host: server.ingest, writeKey: "shop.web.p1.key", flushIntervalMs: 50 })})`,
    );
    return page;
  }

  /** Runs calls, and waits until all that will leave has left. */
  async function call(page: Page, code: string): Promise<void> {
    await page.evaluate(`${code}; sluice.flush().then(() => new Promise((resolve) => setTimeout(resolve, 100)))`);
  }

  const sent = (): string[] =>
    server.batches.flatMap(({ events }) =>
      events.map((event) => String(event["event"] ?? event["type"]) + (event["userId"] === undefined ? "!" : "")),
    );

  /** Everything that a script of the page can keep: entries, cookies, and what is in databases. */
  const stored = (page: Page): Promise<string[]> =>
    page.evaluate<string[]>(`(async () => {
      const found = [...Object.keys(localStorage), ...Object.keys(sessionStorage), ...document.cookie.split("; ").filter(Boolean),
        ...await caches.keys()];
      for (const { name } of await indexedDB.databases()) {
        const db = await new Promise((resolve) => { indexedDB.open(name).onsuccess = (event) => resolve(event.target.result) });
        const rows = db.transaction("q").objectStore("q").getAllKeys();
        await new Promise((resolve) => { rows.onsuccess = resolve });
        found.push(...rows.result);
        db.close();
      }
      return found;
    })()`);

  const databases = (page: Page): Promise<unknown[]> => page.evaluate<unknown[]>(`indexedDB.databases()`);

  test.each(cases)("SW54: with $options and the browser's $signals", async ({ first, granted, stores, ...given }) => {
    const page = await start(given);
    await call(page, `sluice.track("A"); sluice.identify("u"); sluice.track("B")`);
    expect(sent()).toEqual(first);
    expect((await stored(page)).length > 0).toBe(stores[0]);
    if (!stores[0]) expect(await databases(page)).toEqual([]);
    await call(page, `sluice.setConsent("granted"); sluice.track("C")`);
    expect(sent()).toEqual(granted);
    expect((await stored(page)).length > 0).toBe(stores[1]);
    if (!stores[1]) expect(await databases(page)).toEqual([]);
    await call(
      page,
      `sluice.setConsent("denied"); sluice.track("D"); sluice.identify("v"); sluice.register({ plan: "x" })`,
    );
    expect(sent()).toEqual(granted);
    expect(await stored(page)).toEqual([]);
    expect(await context.cookies()).toEqual([]);
  });

  test("SW55: withdrawn while events wait, none leaves and none stays on the device, on the next page neither", async () => {
    server.fate = () => 503;
    const page = await start({ options: {} });
    await page.evaluate(`for (let i = 0; i < 50; i++) sluice.track("A" + i, { i })`);
    await page.evaluate(`new Promise((resolve) => setTimeout(resolve, 300))`);
    expect((await stored(page)).some((key) => key.startsWith("sluice.shop.web"))).toBe(true);
    const tried = server.batches.length;
    await call(page, `sluice.setConsent("denied")`);
    expect(await stored(page)).toEqual([]);
    server.fate = () => "ok";
    const next = await start({ options: {} });
    await call(next, `sluice.track("B")`);
    expect(sent().slice(-1)).toEqual(["B!"]);
    expect(server.accepted()).toHaveLength(1);
    expect(tried).toBeGreaterThan(0);
  });

  test("SW56: ids before and after: what was anonymous becomes the visitor's own, and withdrawal ends it", async () => {
    const page = await start({ options: { consent: "pending", pending: "anonymous" } });
    await call(page, `sluice.track("A")`);
    await call(page, `sluice.setConsent("granted"); sluice.track("B")`);
    await call(page, `sluice.setConsent("denied"); sluice.setConsent("granted"); sluice.track("C")`);
    const [a, b, c] = server.batches.flatMap(({ events }) => events).map((event) => event["anonymousId"]);
    expect(b).toBe(a);
    expect(c).not.toBe(a);
  });
});
