/*
 * The browser SDK in a real Chromium, against an ingest host that fails. Each test is a way in which pages lose events.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { launchChromium, skipsBrowser, startKillableChromium } from "./judge/chromium.ts";
import { FaultServer } from "./web/fault-server.ts";

const script = readFileSync(new URL("../sdk-web/dist/sluice.min.js", import.meta.url), "utf8");
const html = (ingest: string): string => `<!doctype html><title>Page</title><script src="/sluice.js"></script>
<script>sluice.load({ host: "${ingest}", writeKey: "shop.web.p1.key" })</script>`;

/** Tracks events whose names begin so, from the page's own code. */
const trackMany = (count: number, name: string): string =>
  `for (let i = 0; i < ${count}; i++) sluice.track("${name}" + i, { i, sku: "A1", price: "14.99" })`;

describe.skipIf(skipsBrowser())("delivery from a real browser", () => {
  let browser: Browser;
  let context: BrowserContext;
  let server: FaultServer;

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    server = new FaultServer(html, new Map([["/sluice.js", script]]));
    await server.start();
    context = await browser.newContext();
  });
  afterEach(async () => {
    await context.close();
    await server.stop();
    if (server.requests.some((line) => line.startsWith("OPTIONS"))) throw new Error("the browser asked for leave");
  });

  async function open(path = "/"): Promise<Page> {
    const page = await context.newPage();
    await page.goto(server.page + path);
    return page;
  }

  const arrived = (count: number, timeout = 20_000): Promise<void> =>
    vi.waitFor(() => expect(server.names().size).toBe(count), { timeout, interval: 50 });

  test("SW20: 503 for ten seconds: 200 of 200 arrive once, in at most 12 requests", async () => {
    const page = await open();
    const endMs = Date.now() + 10_000;
    server.fate = () => (Date.now() < endMs ? 503 : "ok");
    for (let burst = 0; burst < 10; burst++) {
      await page.evaluate(trackMany(20, `b${burst}-`));
      await sleep(100);
    }
    await arrived(200, 60_000);
    await sleep(500);
    expect(server.accepted()).toHaveLength(200);
    expect(server.batches.length).toBeLessThanOrEqual(12);
  }, 90_000);

  test("SW21: when answers are lost after acceptance, the same ids are sent again until one arrives", async () => {
    const page = await open();
    server.fate = (index) => (index % 2 === 0 ? "reply lost" : "ok");
    await page.evaluate(trackMany(200, "e"));
    await arrived(200);
    const report = await page.evaluate(`sluice.flush().then((r) => [r.delivered.length, r.kept.length])`);
    expect(report).toEqual([expect.any(Number), 0]);
    expect(new Set(server.accepted()).size).toBe(200);
    const [first, second] = server.batches;
    expect(second?.ids).toEqual(first?.ids);
  });

  test.each(["navigate", "close"])(
    "SW22: 50 events, then %s at once: 50 of 50 arrive, now or on the next visit",
    async (how) => {
      const page = await open();
      await page.evaluate(`${trackMany(50, "e")}; ${how === "navigate" ? `location.href = "/next"` : "0"}`);
      if (how === "close") await page.close({ runBeforeUnload: false });
      await open("/later");
      await arrived(50);
      expect(new Set(server.accepted()).size).toBe(50);
    },
  );

  test("SW23: four tabs of 100 events while 30 % of requests fail: 400 distinct ids, none accepted twice", async () => {
    const pages = await Promise.all([open("/a"), open("/b"), open("/c"), open("/d")]);
    let seed = 7;
    server.fate = () => ((seed = (seed * 1103515245 + 12345) % 2 ** 31) % 10 < 3 ? 503 : "ok");
    await Promise.all(pages.map((page, tab) => page.evaluate(trackMany(100, `t${tab}-`))));
    await arrived(400, 60_000);
    await sleep(500);
    expect(server.accepted()).toHaveLength(400);
  }, 90_000);

  test("SW24: the server down, 100 events, the browser killed two seconds later: 100 of 100 arrive when it is opened again", async () => {
    const profile = mkdtempSync(join(tmpdir(), "sluice-profile-"));
    server.pages.set("/start", `${html(server.ingest)}<script>${trackMany(100, "e")}</script>`);
    server.fate = () => 0;
    const kill = startKillableChromium(profile, `${server.page}/start`);
    await vi.waitFor(() => expect(server.requests).toContain("GET /sluice.js"), { timeout: 20_000, interval: 20 });
    await sleep(2000);
    kill();
    expect(server.names().size).toBe(0);
    server.fate = () => "ok";
    const killAgain = startKillableChromium(profile, `${server.page}/later`);
    await arrived(100).finally(killAgain);
    expect(new Set(server.accepted()).size).toBe(100);
    await sleep(300);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }, 60_000);

  test("SW25: with storage full, or forbidden, events arrive from memory", async () => {
    const page = await context.newPage();
    await page.addInitScript(() => {
      indexedDB.open = () => {
        throw new DOMException("denied", "SecurityError");
      };
      Storage.prototype.setItem = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    });
    await page.goto(server.page);
    await page.evaluate(`try { for (let i = 0; ; i++) localStorage["x" + i] = "y".repeat(1e6) } catch {}
      for (let i = 0; i < 1e5; i++) try { localStorage["z" + i] = "y".repeat(99) } catch { break }`);
    await page.evaluate(trackMany(30, "full"));
    await page.evaluate(`Object.defineProperty(window, "localStorage", { get() { throw new Error("denied") } })`);
    await page.evaluate(trackMany(30, "none"));
    await arrived(60);
    expect(new Set(server.batches.flatMap(({ events }) => events.map((event) => event["anonymousId"]))).size).toBe(1);
  });

  test("SW37: it works in a Web Worker, a service worker, a sandboxed frame, and a page opened from disk", async () => {
    const load = `sluice.load({ host: "${server.ingest}", writeKey: "shop.web.p1.key", flushIntervalMs: 50 })`;
    const inWorker = (name: string): string => `importScripts("/sluice.js"); ${load}; sluice.track("${name}")`;
    server.scripts.set("/worker.js", inWorker("worker"));
    server.scripts.set("/service.js", inWorker("service"));
    const framed = `<script src="${server.page}/sluice.js"></script><script>${load}; sluice.track("frame")</script>`;
    const page = await open();
    await page.evaluate(
      `new Worker("/worker.js"); navigator.serviceWorker.register("/service.js");
      const frame = document.createElement("iframe"); frame.sandbox = "allow-scripts"; frame.srcdoc = ${JSON.stringify(framed)};
      void document.body.append(frame)`.replaceAll("</script>", "<\\/script>"),
    );
    const folder = mkdtempSync(join(tmpdir(), "sluice-file-"));
    writeFileSync(join(folder, "page.html"), framed.replace(`"frame"`, `"file"`));
    await (await context.newPage()).goto(`file://${folder}/page.html`);
    await vi.waitFor(() => expect([...server.names()].sort()).toEqual(["file", "frame", "service", "worker"]), 15_000);
    rmSync(folder, { recursive: true });
  });

  test("SW26: a host that is blocked is asked ever less often, and the page sees no error", async () => {
    const page = await context.newPage();
    const errors: Error[] = [];
    page.on("pageerror", (error) => errors.push(error));
    let asked = 0;
    await page.route("**/v1/batch", (route) => {
      asked++;
      return route.abort("blockedbyclient");
    });
    await page.goto(server.page);
    await page.evaluate(trackMany(300, "e"));
    await sleep(6000);
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(8);
    expect(errors).toEqual([]);
    await page.unroute("**/v1/batch");
    await page.evaluate(`dispatchEvent(new Event("online"))`);
    await arrived(300);
  }, 40_000);
});
