import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { dashboard } from "../analytics/dist/shell/dashboard.js";
import { launchChromium, skipsBrowser } from "./judge/chromium.ts";

/*
 * The dashboard's page as it is served, with its policy, in a browser, over answers that the test gives.
 */

/** What the stand-in of the query API answers. */
interface Answers {
  live: object;
  /** `null`: the token does not cover it. */
  events: object | null;
}

const minutes = Array.from({ length: 30 }, (_, index) => {
  return { start: `2026-11-20T13:${String(index + 10)}:00.000Z`, events: (index * 7) % 23, activeUsers: index % 5 };
});
const busy = {
  ...{ project: "shop", asOf: "2026-11-20T13:39:10.000Z", from: "2026-11-20T13:10:00.000Z", complete: true },
  ...{ events: 310, activeUsers: 12, minutes },
  bySource: [{ name: "web", events: 300 }],
  byName: [{ name: "<b>Signed Up</b>", events: 290 }],
};
const quiet = {
  ...busy,
  events: 0,
  minutes: minutes.map((minute) => ({ ...minute, events: 0, activeUsers: 0 })),
  bySource: [],
  byName: [],
};
const reject = {
  ...{ outcome: "rejected", source: "web", received_time: Date.UTC(2026, 10, 20, 13, 5, 7), message_id: "m1" },
  ...{ reason: "name_missing", field: "event", message: "A track event needs a name." },
};
const kpis = {
  ...{ project: "shop", asOf: "2026-11-20T13:39:10.000Z", live: true },
  metrics: Object.fromEntries(
    ["dau", "events", "page_views", "orders", "impressions", "clicks"]
      .map((name): [string, object] => [name, seriesOf("count", 3)])
      .concat([
        ["revenue", seriesOf("money", { EUR: "12.500000" })],
        ["aov", seriesOf("money ratio", { EUR: { numerator: "12.500000", denominator: 1, value: "12.500000" } })],
        ["ctr", seriesOf("ratio", { numerator: 1, denominator: 2, value: 0.5 })],
      ]),
  ),
};

function seriesOf(unit: string, value: unknown): object {
  return { unit, buckets: ["2026-11-19", "2026-11-20"].map((start) => ({ start, complete: false, value })) };
}

test("A21: the dashboard is one page that runs only its own script, and escapes what it shows", async () => {
  const page = await dashboard.request("/", {}, { INGEST_URL: "https://<in>.example" });
  expect(page.headers.get("content-type")).toContain("text/html");
  expect(page.headers.get("content-security-policy")).toMatch(
    /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'/,
  );
  const text = await page.text();
  expect(text).not.toMatch(/(?:src|href)="https?:/);
  expect(text).not.toContain("innerHTML");
  expect(text).not.toContain("<in>");
});

describe.skipIf(skipsBrowser())("the dashboard in a browser", () => {
  let browser: Browser;
  let server: Server;
  let page: Page;
  const answers: Answers = { live: busy, events: null };
  const asked: string[] = [];
  beforeAll(async () => {
    browser = await launchChromium();
    server = createServer((request, response) => {
      void respond(request.url ?? "/", answers, asked).then(({ status, headers, body }) => {
        response.writeHead(status, headers).end(body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(async () => page.close());
  afterAll(async () => {
    await browser.close();
    server.close();
  });

  /** Opens the page with a token; gives what its console complained of. */
  async function open(live: object, events: object | null): Promise<string[]> {
    Object.assign(answers, { live, events });
    asked.length = 0;
    page = await browser.newPage({ viewport: { width: 1100, height: 1000 } });
    const complaints: string[] = [];
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/#token=slr_test`);
    await page.locator("#now").waitFor();
    return complaints;
  }

  test("A164: the live panel shows the last 30 minutes and the last rejects as text, and its minutes can be chosen by key", async () => {
    const complaints = await open(busy, { events: [{ outcome: "stored" }, reject], cursor: "b.7" });
    await page.locator("#rejects li").waitFor();
    expect(await page.locator("#live-events").textContent()).toBe("310");
    expect(await page.locator("#live-users").textContent()).toBe("12");
    expect(await page.locator("#by-name").textContent()).toBe("<b>Signed Up</b>290");
    expect(await page.locator("#rejects").textContent()).toBe(
      "13:05:07name_missingevent: A track event needs a name. (web)",
    );
    expect(await page.locator("#minute").textContent()).toBe("13:39 UTC: 19 events, 4 active users");
    const minute = page.getByRole("slider");
    await minute.focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    expect(await minute.getAttribute("aria-valuetext")).toBe("13:37 UTC: 5 events, 2 active users");
    await page.keyboard.press("Home");
    expect(await page.locator("#minute").textContent()).toBe("13:10 UTC: 0 events, 0 active users");
    const screenshot = process.env["SLUICE_SCREENSHOT"];
    if (screenshot !== undefined) await page.screenshot({ path: screenshot, fullPage: true });
    expect(complaints).toEqual([]);
  });

  test("A164: without events the live panel says so; a token without the scope users is told why it sees no rejects, once", async () => {
    const complaints = await open(quiet, null);
    await page.getByText("Rejected events are shown to tokens with the scope users.").waitFor();
    expect(await page.locator("#live-none").isVisible()).toBe(true);
    expect(await page.locator("#live-some").isVisible()).toBe(false);
    await expect.poll(() => asked.filter((path) => path === "/v1/live").length, { timeout: 60_000 }).toBeGreaterThan(1);
    expect(asked.filter((path) => path.startsWith("/v1/live/events"))).toHaveLength(1);
    // What the browser says of a 403 is no fault of the page.
    expect(complaints.filter((text) => !text.includes("403"))).toEqual([]);
  }, 90_000);
});

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

async function respond(path: string, { live, events }: Answers, asked: string[]): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  if (path === "/") {
    const served = await dashboard.request("/", {}, { INGEST_URL: "https://in.example" });
    return { status: 200, headers: Object.fromEntries(served.headers), body: await served.text() };
  }
  asked.push(path);
  if (path.startsWith("/v1/kpis")) return { status: 200, headers, body: JSON.stringify(kpis) };
  if (path === "/v1/live") return { status: 200, headers, body: JSON.stringify(live) };
  if (!path.startsWith("/v1/live/events")) return { status: 404, headers, body: "{}" };
  return { status: events === null ? 403 : 200, headers, body: JSON.stringify(events ?? {}) };
}
