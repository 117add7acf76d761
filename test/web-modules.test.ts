/*
 * The optional modules of the browser SDK in a real Chromium: what they capture, what they must not, and the two that hand
 * the anonymous id on.
 */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { launchChromium, skipsBrowser } from "./judge/chromium.ts";
import { FaultServer } from "./web/fault-server.ts";
import { packagedScript } from "./web/packaged.ts";

type Event = Record<string, unknown>;

describe.skipIf(skipsBrowser())("optional modules", () => {
  let browser: Browser;
  let context: BrowserContext;
  let server: FaultServer;
  let script = "";

  beforeAll(async () => {
    [browser, script] = await Promise.all([launchChromium(), packagedScript()]);
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    const html = (ingest: string): string => `<!doctype html><title>Page</title><script src="/web.js"></script>
      <script>client = web.createClient({ host: "${ingest}", writeKey: "shop.web.p1.key", flushIntervalMs: 20 })</script>`;
    server = new FaultServer(html, new Map([["/web.js", script]]));
    await server.start();
    context = await browser.newContext();
  });
  afterEach(async () => {
    await context.close();
    await server.stop();
  });

  /** Opens a page whose body is this, after the client was started. */
  async function open(body: string, url = `${server.page}/page`): Promise<Page> {
    const { pathname } = new URL(url);
    server.pages.set(pathname, `${server.html}${body}`);
    const page = await context.newPage();
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(url);
    return page;
  }

  let errors: string[] = [];
  beforeEach(() => (errors = []));

  /** What has arrived, once each: a page that is left hears no answer, and the next one sends again. */
  const events = (): Event[] => {
    const sent = server.batches.flatMap((batch) => batch.events);
    return [...new Map(sent.map((event) => [event["messageId"], event])).values()];
  };
  const arrived = async (count: number): Promise<Event[]> => {
    await vi.waitFor(() => expect(events()).toHaveLength(count), { timeout: 5000, interval: 20 });
    return events();
  };
  /** Sends what waits, so that what was not captured would have arrived. */
  const flush = async (page: Page): Promise<Event[]> => {
    await page.evaluate(`client.flush()`);
    return events();
  };
  const idOf = (page: Page): Promise<string> => page.evaluate<string>(`client.anonymousId()`);

  describe("captureClicksAndForms", () => {
    test("SW40: a click tells tag, id, text, address and data-track attributes, whatever lies inside the element", async () => {
      const page =
        await open(`<button id=buy data-track-plan=pro data-other=no> <svg width=9 height=9><path d="M0 0h9v9H0z"/></svg> Buy </button>
        <a href="#terms">Terms</a><p>Text</p><script>web.captureClicksAndForms(client)</script>`);
      await page.click("path");
      await page.click("a");
      await page.click("p");
      expect(await flush(page)).toMatchObject([
        { event: "Element Clicked", properties: { tag: "button", id: "buy", text: "Buy", trackPlan: "pro" } },
        { event: "Element Clicked", properties: { tag: "a", text: "Terms", href: "" } },
      ]);
      expect(events()[0]?.["properties"]).not.toHaveProperty("other");
    });

    test("SW41: nothing that a visitor has written, and no address of a person, is captured", async () => {
      const page =
        await open(`<form id=login onsubmit="event.preventDefault()"><input name=id value=Ada-hidden type=hidden>
          <input name=email value=ada@example.org><input type=password value=secret><button>Go</button></form>
        <div role=button class=note contenteditable>Ada Lovelace</div>
        <div data-track class=box><textarea>my diary</textarea><select><option>Mrs</select> Save</div>
        <a class=mail href="mailto:ada@example.org">Write</a><a class=reset href="/page?token=t0ken#ada" target=_self onclick="event.preventDefault()">Reset</a>
        <div data-private><button class=private>Ada's account</button></div>
        <script>web.captureClicksAndForms(client); document.querySelector(".mail").addEventListener("click", (event) => event.preventDefault())</script>`);
      for (const selector of ["form button", ".note", ".box", ".mail", ".reset", ".private"])
        await page.click(selector);
      const captured = await flush(page);
      expect(captured.map((event) => event["properties"])).toEqual([
        { tag: "button", text: "Go" },
        { tag: "form", id: "login" },
        { tag: "div" },
        { tag: "div", track: "" },
        { tag: "a", text: "Write", href: "mailto:" },
        { tag: "a", text: "Reset", href: "/page" },
      ]);
      expect(JSON.stringify(captured)).not.toMatch(/ada|lovelace|secret|diary|mrs|t0ken/i);
      expect(errors).toEqual([]);
    });

    test("SW42: what ends a module ends it, and events of no element are passed over", async () => {
      const page = await open(`<button>A</button>
        <script>stops = [web.captureClicksAndForms(client), web.trackOutboundLinks(client), web.trackScriptErrors(client),
          web.trackScrollDepth(client), web.trackTimeOnPage(client)]; document.dispatchEvent(new Event("click"))</script>`);
      await page.evaluate(`stops.forEach((stop) => stop()); setTimeout(() => { throw new Error("late") })`);
      await page.click("button");
      expect(await flush(page)).toEqual([]);
      expect(errors).toEqual(["late"]);
    });
  });

  test("SW43: trackOutboundLinks: host and path of a followed link to another host, middle clicks too; no query", async () => {
    const page =
      await open(`<a class=out href="http://other.localhost:${new URL(server.page).port}/there?user=ada" target=_blank>Out</a>
      <a class=in href="/page">In</a><a class=mail href="mailto:ada@example.org">Mail</a>
      <script>web.trackOutboundLinks(client); addEventListener("click", (event) => event.preventDefault())</script>`);
    for (const selector of [".out", ".in", ".mail"]) await page.click(selector);
    await page.click(".out", { button: "middle" });
    const there = { host: expect.stringContaining("other.localhost") as unknown, path: "/there" };
    expect((await arrived(2)).map((event) => event["properties"])).toEqual([there, there]);
  });

  test("SW44: trackScriptErrors: message, file without query and line of what nobody caught, at most 20 of a page", async () => {
    server.scripts.set(
      "/bad.js?token=t0ken",
      `\nsetTimeout(() => { throw new TypeError("broken") }); Promise.reject("refused")`,
    );
    const page = await open(
      `<script>web.trackScriptErrors(client)</script><script src="/bad.js?token=t0ken"></script>`,
    );
    const caught = (await arrived(2)).map((event) => event["properties"]);
    expect(caught).toContainEqual({ message: "refused" });
    expect(caught).toContainEqual({ message: "Uncaught TypeError: broken", file: `${server.page}/bad.js`, line: 2 });
    await page.evaluate(`for (let i = 0; i < 50; i++) setTimeout(() => { throw new Error("loop") })`);
    await page.evaluate(`new Promise((resolve) => setTimeout(resolve, 100))`);
    expect(await flush(page)).toHaveLength(20);
  });

  test("SW45: trackScrollDepth: each quarter once", async () => {
    const page = await open(`<div style="height: 4000px"></div><script>web.trackScrollDepth(client)</script>`);
    await page.evaluate(`scrollTo(0, 1600)`);
    await arrived(2);
    await page.evaluate(`scrollTo(0, 0)`);
    await page.evaluate(`scrollTo(0, 9999)`);
    expect((await arrived(4)).map((event) => (event["properties"] as Event)["depth"])).toEqual([25, 50, 75, 100]);
  });

  test("SW46: trackTimeOnPage and trackWebVitals report when the page is left, in time to arrive", async () => {
    const page =
      await open(`<h1>Heading</h1><button onclick="const until = performance.now() + 120; while (performance.now() < until);
        document.body.prepend(Object.assign(document.createElement('p'), { style: 'height:200px' }))">Work</button>
      <script>web.trackTimeOnPage(client); web.trackWebVitals(client)</script>`);
    await page.click("button");
    await page.evaluate(`new Promise((resolve) => setTimeout(resolve, 1200))`);
    await page.goto(`${server.page}/next`);
    const sent = new Map(
      (await arrived(2)).map((event) => [event["event"], event["properties"] as Record<string, number>]),
    );
    expect(sent.get("Page Left")?.["seconds"]).toBeGreaterThan(1);
    expect(sent.get("Page Left")?.["seconds"]).toBeLessThan(20);
    const vitals = sent.get("Web Vitals") ?? {};
    expect(Object.keys(vitals)).toEqual(expect.arrayContaining(["ttfb", "fcp", "lcp", "inp"]));
    expect(vitals["inp"]).toBeGreaterThanOrEqual(120);
    expect(vitals["fcp"]).toBeGreaterThan(0);
  });

  test("SW47: cls is the largest window of shifts, not their sum over the page's life", async () => {
    const page = await open(
      `<div id=pad></div><h1 style="height:300px">Heading</h1><script>web.trackWebVitals(client)</script>`,
    );
    // Two shifts of known size, more than a second apart, each begun only when the one before was observed.
    const shifts = (await page.evaluate(`new Promise((resolve) => {
      const seen = [];
      const push = (px) => { document.getElementById("pad").style.height = px + "px" };
      new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => {
        seen.push(value);
        if (seen.length === 1) setTimeout(push, 1500, 300);
        else resolve(seen);
      })).observe({ type: "layout-shift", buffered: true });
      setTimeout(push, 600, 100);
    })`)) as number[];
    expect(shifts).toHaveLength(2);
    await page.goto(`${server.page}/next`);
    const [vitals] = await arrived(1);
    const { cls } = { cls: NaN, ...(vitals?.["properties"] as { cls?: number }) };
    expect(Math.min(...shifts)).toBeGreaterThan(0.01);
    expect(cls).toBeCloseTo(Math.max(...shifts), 2);
  });

  describe("keepIdentityInCookie", () => {
    const keeping = `<script>web.keepIdentityInCookie(client, "")</script>`;
    const cookies = async (): Promise<string[]> =>
      (await context.cookies()).map(({ name, value }) => `${name}=${value}`);

    test("SW48: the id survives when localStorage is emptied, and when cookies are", async () => {
      const first = await open(keeping);
      const id = await idOf(first);
      expect(await cookies()).toEqual([`sluice_id=${id}`]);
      await first.evaluate(`localStorage.clear()`);
      const second = await open(keeping);
      expect(await idOf(second)).toBe(id);
      await context.clearCookies();
      expect(await idOf(await open(keeping))).toBe(id);
      expect(await cookies()).toEqual([`sluice_id=${id}`]);
      const [cookie] = await context.cookies();
      expect(cookie).toMatchObject({ path: "/", sameSite: "Lax", domain: "localhost" });
      expect((cookie?.expires ?? 0) * 1000 - Date.now()).toBeGreaterThan(399 * 86_400_000);
    });

    test("SW49: reset gives the cookie the new id; without consent it is neither read nor written, and denied removes it", async () => {
      const page = await open(keeping);
      const id = await idOf(page);
      await page.evaluate(`client.reset()`);
      const renewed = await idOf(page);
      expect(renewed).not.toBe(id);
      expect(await cookies()).toEqual([`sluice_id=${renewed}`]);
      await page.evaluate(`client.setConsent("denied")`);
      expect(await cookies()).toEqual([]);
      await page.evaluate(`client.reset(); client.setConsent("pending")`);
      expect(await cookies()).toEqual([]);
      await page.evaluate(`document.cookie = "sluice_id=${id};path=/"; client.setConsent("granted")`);
      expect(await idOf(page)).toBe(id);
    });

    test("SW49: something else in the cookie is not taken for an id", async () => {
      await context.addCookies([{ name: "sluice_id", value: "%3Cscript%3E", url: server.page }]);
      const id = await idOf(await open(keeping));
      expect(id).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
      expect(await cookies()).toEqual([`sluice_id=${id}`]);
    });
  });

  describe("linkHosts", () => {
    const on = (host: string, path = "/page"): string => `http://${host}:${new URL(server.page).port}${path}`;
    const linking = `<script>web.linkHosts(client, ["one.localhost:${"{port}"}", "two.localhost:{port}"])</script>`;
    const body = (link = ""): string => link + linking.replaceAll("{port}", new URL(server.page).port);

    /** From a page of one host through a link to a page of another: that link's address, and both ids. */
    async function follow(from: string, to: string, change?: (href: string) => string) {
      const page = await open(body(`<a href="${to}">Go</a>`), from);
      const id = await idOf(page);
      server.pages.set(new URL(to).pathname, `${server.html}${body()}`);
      if (change === undefined) await page.click("a");
      else {
        const decorated = await page.evaluate<string>(`new Promise((resolve) => {
          addEventListener("click", (event) => { event.preventDefault(); resolve(event.target.href) }, { once: true });
          document.querySelector("a").click();
        })`);
        await page.evaluate(`location.href = ${JSON.stringify(change(decorated))}`);
      }
      await page.waitForURL((url) => url.hostname !== new URL(from).hostname);
      await page.waitForFunction(`document.readyState === "complete"`);
      return { page, id, newId: await idOf(page) };
    }

    test("SW50: the id goes along to a linked host, and the address is then as it was", async () => {
      const { page, id, newId } = await follow(on("one.localhost"), on("shop.two.localhost", "/there?a=1#part"));
      expect(newId).toBe(id);
      expect(page.url()).toBe(on("shop.two.localhost", "/there?a=1#part"));
      const again = await follow(on("one.localhost"), on("two.localhost", "/bare"));
      expect(again.newId).toBe(again.id);
      expect(again.page.url()).toBe(on("two.localhost", "/bare"));
    });

    test("SW50: parameters that come after the claim stay", async () => {
      const later = await follow(on("one.localhost"), on("two.localhost", "/there"), (href) => `${href}&b=2#x`);
      expect(later.newId).toBe(later.id);
      expect(later.page.url()).toBe(on("two.localhost", "/there?b=2#x"));
    });

    test("SW51: hosts that are not linked get no id, and give none", async () => {
      const out = await follow(on("one.localhost"), on("three.localhost", "/there"));
      expect(out.page.url()).toBe(on("three.localhost", "/there"));
      const { id } = await follow(on("one.localhost"), on("two.localhost", "/there"));
      const copied = server.requests.findLast((line) => line.includes("_sluice"))?.slice("GET ".length) ?? "";
      expect(copied).toContain(id);
      await context.close();
      context = await browser.newContext();
      const page = await open(`<a href="${on("two.localhost", copied)}">Go</a>`, on("evil.localhost"));
      await page.click("a");
      await page.waitForURL(on("two.localhost", "/there"));
      expect(await idOf(page)).not.toBe(id);
    });

    test.each([
      ["another id", (href: string) => href.replace(/_sluice=./, "_sluice=7")],
      [
        "another time",
        (href: string) => href.replace(/\.(\d+)\.(\d+)/, (_, ms: string, sum: string) => `.${Number(ms) + 1}.${sum}`),
      ],
      ["another checksum", (href: string) => href.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10))],
      ["another time, checksum cut off", (href: string) => href.replace(/\.\d+$/, ".1")],
    ])("SW52: a claim with %s is refused, and removed from the address", async (_, change) => {
      const { page, id, newId } = await follow(on("one.localhost"), on("two.localhost", "/there"), change);
      expect(newId).not.toBe(id);
      expect(newId).not.toMatch(/^7/);
      expect(page.url()).toBe(on("two.localhost", "/there"));
    });

    test("SW52: a claim is good for two minutes", async () => {
      for (const [ageMs, isTaken] of [
        [119_000, true],
        [121_000, false],
        [-121_000, false],
      ] as const) {
        await context.addInitScript(`if (location.hostname === "one.localhost") {
          const now = performance.now.bind(performance); performance.now = () => now() - ${ageMs} }`);
        const { id, newId } = await follow(on("one.localhost"), on("two.localhost", "/there"));
        expect(newId === id).toBe(isTaken);
        await context.close();
        context = await browser.newContext();
      }
    });

    test("SW53: without consent no id is handed over, and none is taken", async () => {
      const refusing = (link = ""): string => `<script>client.setConsent("denied")</script>${body(link)}`;
      const page = await open(refusing(`<a href="${on("two.localhost", "/there")}">Go</a>`), on("one.localhost"));
      server.pages.set("/there", `${server.html}${body()}`);
      await page.click("a");
      await page.waitForURL(on("two.localhost", "/there"));
      expect(server.requests.filter((line) => line.includes("_sluice"))).toEqual([]);
      const other = await open(body(`<a href="${on("two.localhost", "/refusing")}">Go</a>`), on("one.localhost"));
      const id = await idOf(other);
      server.pages.set("/refusing", `${server.html}${refusing()}`);
      await other.click("a");
      await other.waitForURL(on("two.localhost", "/refusing"));
      expect(await idOf(other)).not.toBe(id);
    });
  });
});
