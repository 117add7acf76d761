import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test, vi } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { FakePage } from "../testing/fake-page.ts";
import { snippet } from "./snippet.ts";
import { sdkName, sdkVersion } from "./version.ts";

const host = "https://in.example.com";
const writeKey = "shop.web.p1.abcdefghijklmnopqrstuv";
let script = "";

beforeAll(() => {
  const rollup = createRequire(import.meta.url).resolve("rollup/dist/bin/rollup");
  const config = fileURLToPath(new URL("../rollup.config.mjs", import.meta.url));
  execFileSync(process.execPath, [rollup, "-c", config, "--silent"]);
  script = readFileSync(new URL("../dist/sluice.min.js", import.meta.url), "utf8");
});

/** A page with the snippet, and the script loaded. */
function shop(options: ConstructorParameters<typeof FakePage>[0] = {}, before = ""): FakePage {
  const page = new FakePage(options);
  page.run(snippetCode());
  page.run(before);
  page.run(script);
  return page;
}

function snippetCode(): string {
  return snippet({ host, writeKey })
    .replace(/^<script>/, "")
    .replace(/<\/script>$/, "");
}

async function flushed(page: FakePage): Promise<Record<string, unknown>[]> {
  await page.window.sluice?.["flush"]?.();
  return page.events();
}

describe("the script", () => {
  test("SW1: it weighs at most 4,096 bytes, gzip -9", () => {
    expect(gzipSync(script, { level: 9 }).length).toBeLessThanOrEqual(4096);
    expect(script).not.toMatch(/import|sourceMappingURL/);
  });

  test("SW2: the snippet's queued calls are replayed in order, the page view first", async () => {
    const page = shop({}, `sluice.identify("u1", { plan: "pro" }); sluice.track("Added", { sku: "A1" })`);
    expect(page.scripts).toEqual([`${host}/sluice.js`]);
    const events = await flushed(page);
    expect(events).toMatchObject([
      { type: "page", properties: { path: "/a", title: "Shop" } },
      { type: "identify", userId: "u1", traits: { plan: "pro" } },
      { type: "track", event: "Added", userId: "u1", properties: { sku: "A1" } },
    ]);
    expect(new Set(events.map((event) => event["messageId"])).size).toBe(3);
    expect(new Set(events.map((event) => event["anonymousId"])).size).toBe(1);
  });

  test("SW2: loaded twice, or pasted twice, it records once", async () => {
    const page = shop();
    page.run(script);
    page.run(snippetCode());
    expect(await flushed(page)).toHaveLength(1);
    expect(page.scripts).toHaveLength(1);
  });

  test("SW2: without a snippet window.sluice.load starts a client", async () => {
    const page = new FakePage();
    page.run(script);
    page.run(`sluice.load({ host: "${host}", writeKey: "${writeKey}" }); sluice.track("A")`);
    expect(await flushed(page)).toMatchObject([{ event: "A" }]);
    expect(page.requests[0]?.url).toBe(`${host}/v1/batch`);
  });

  test("SW3: a request needs no preflight: POST, text/plain, no other header, key in the body, no credentials", async () => {
    const page = shop();
    await flushed(page);
    const { url, init, body } = page.requests[0] ?? {};
    expect(url).toBe(`${host}/v1/batch`);
    expect(init).toMatchObject({ method: "POST", headers: { "content-type": "text/plain" } });
    expect(init?.credentials).toBeUndefined(); // so the browser sends none to another origin
    expect(Object.keys(init?.headers ?? {})).toEqual(["content-type"]);
    expect(body?.writeKey).toBe(writeKey);
    expect(page.requests).toHaveLength(1); // no boot request either
  });

  test("SW4: a batch is compressed", async () => {
    const page = shop({}, `for (let i = 0; i < 20; i++) sluice.track("Viewed", { i })`);
    expect(await flushed(page)).toHaveLength(21);
    expect(page.requests.map((request) => request.gzipped)).toEqual([true]);
  });

  test("SW5: every event says page, campaign, language, time zone, screen, session and library", async () => {
    const page = shop({ search: "?utm_campaign=spring&utm_source=mail&utm_id=7&q=x" });
    const [event] = await flushed(page);
    expect(event?.["context"]).toMatchObject({
      page: {
        url: expect.stringContaining("/a?utm") as unknown,
        path: "/a",
        title: "Shop",
        referrer: "https://news.example/",
      },
      campaign: { name: "spring", source: "mail", id: "7" },
      locale: "de-DE",
      timezone: expect.any(String) as unknown,
      screen: { width: 800, height: 600 },
      session: { id: expect.stringMatching(/^[0-9A-Z]{26}$/) as unknown },
      library: { name: sdkName, version: sdkVersion },
    });
    expect(event?.["timestamp"]).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  test("SW6: ids and user survive a reload; reset forgets them", async () => {
    const storage = new Map<string, string>();
    const first = await flushed(shop({ storage }, `sluice.identify("u1")`));
    const page = shop({ storage });
    const second = await flushed(page);
    expect(second[0]).toMatchObject({ anonymousId: first[0]?.["anonymousId"], userId: "u1" });
    page.run(`sluice.reset(); sluice.track("After")`);
    const after = (await flushed(page)).at(-1);
    expect(after).toMatchObject({ event: "After" });
    expect(after).not.toHaveProperty("userId");
    expect(after?.["anonymousId"]).not.toBe(first[0]?.["anonymousId"]);
  });

  test("SW7: events that were not confirmed are sent by the next page with the same ids", async () => {
    const storage = new Map<string, string>();
    const first = shop({ storage }, `sluice.track("A")`);
    first.answer = () => null;
    first.leave("pagehide");
    // The first page lives on here and may try again, as soon as chance will have it.
    const tried = (): unknown[] => [...new Set(first.events().map((event) => event["messageId"]))];
    await vi.waitFor(() => expect(tried()).toHaveLength(2));
    const second = shop({ storage });
    await vi.waitFor(async () => expect(await flushed(second)).toHaveLength(3));
    const ids = second.events().map((event) => event["messageId"]);
    expect(ids).toEqual(expect.arrayContaining(tried()));
    expect([...storage.keys()].filter((key) => key.includes(writeKey))).toEqual([]);
  });

  test.each(["pagehide", "visibilitychange"] as const)(
    "SW8: on %s everything leaves at once, with keepalive",
    async (event) => {
      const page = shop({}, `sluice.track("A")`);
      page.leave(event);
      await vi.waitFor(() => expect(page.events()).toHaveLength(2));
      expect(page.requests[0]).toMatchObject({ init: { keepalive: true }, gzipped: false });
    },
  );

  test("SW8: what leaves at once stays within 64 KiB", async () => {
    const page = shop({}, `for (let i = 0; i < 40; i++) sluice.track("A", { text: "x".repeat(5000) })`);
    page.leave("pagehide");
    const atOnce = page.requests.length; // later ones are the answers' doing, on a page that lives on
    await vi.waitFor(() => expect(page.events().length).toBeGreaterThan(5));
    const bodies = page.requests.slice(0, atOnce).map((request) => request.body);
    expect(atOnce).toBeGreaterThan(0);
    expect(JSON.stringify(bodies).length).toBeLessThan(64 * 1024);
  });

  test("SW9: without storage it works from memory, with one anonymous id", async () => {
    const page = shop({ storage: "forbidden" }, `sluice.track("A"); sluice.identify("u"); sluice.track("B")`);
    const events = await flushed(page);
    expect(new Set(events.map((event) => event["anonymousId"])).size).toBe(1);
    expect(events.at(-1)).toMatchObject({ event: "B", userId: "u" });
  });

  test("SW10: no call throws into the page, whatever it is given", async () => {
    const page = shop();
    page.run(`const cycle = {}; cycle.self = cycle;
      sluice.track(); sluice.track("A", cycle); sluice.identify(null, 7); sluice.group(); sluice.alias(); sluice.screen(1n)`);
    page.run(`delete window.location; sluice.track("B")`);
    await expect(flushed(page)).resolves.toBeDefined();
  });

  test("SW11: the clock offset of a wrong device is kept for the next page", async () => {
    const storage = new Map<string, string>();
    const page = shop({ storage });
    page.answer = () => ({ status: 200, serverTime: new Date(Date.now() + 7_200_000).toISOString() });
    await flushed(page);
    const next = shop({ storage });
    await flushed(next);
    const stated = next.requests[0]?.body.clockOffsetMs ?? 0;
    expect(Math.abs(stated - 7_200_000)).toBeLessThan(5000);
  });
});

describe("the snippet", () => {
  test("SW12: it has at most 600 bytes and is one script element", () => {
    const text = snippet({
      host: "https://events.a-longer-shop-name.example.com",
      writeKey: `${"p".repeat(20)}.${"s".repeat(20)}.p12.${"x".repeat(22)}`,
    });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(600);
    expect(text).toMatch(/^<script>.*<\/script>$/);
  });

  test("SW12: no host or key can end the script element", () => {
    const text = snippet({ host: `https://x/"</script><img>`, writeKey: "a.b\u2028</script>", nonce: `"><script>` });
    expect(text.match(/<\/?script/g)).toEqual(["<script", "</script"]);
    const page = new FakePage();
    expect(() => page.run(text.slice(text.indexOf("!function"), -9))).not.toThrow();
  });
});

test("SW13: name and version in context.library are those of the package", () => {
  expect({ name: sdkName, version: sdkVersion }).toEqual({ name: packageJson.name, version: packageJson.version });
});
