import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium, skipsBrowser } from "./judge/chromium.ts";
import { startPipeline, type TestPipeline } from "./pipeline.ts";

type Metrics = Record<string, { buckets: { value: unknown }[] }>;

describe.skipIf(skipsBrowser())("the demo shop", () => {
  let pipeline: TestPipeline;
  let browser: Browser;

  beforeAll(async () => {
    pipeline = await startPipeline();
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    await pipeline.stop();
  });

  async function metrics(): Promise<Metrics> {
    const { queryUrl, readToken } = pipeline.local;
    const from = new Date().toISOString().slice(0, 10);
    const to = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
    const names = "events,page_views,dau,revenue,orders,impressions,clicks";
    const url = `${queryUrl}/v1/kpis?metrics=${names}&from=${from}&to=${to}&interval=day`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${readToken}` } });
    return ((await response.json()) as { metrics: Metrics }).metrics;
  }

  test("O16: a visit that buys two things is counted as views, one impression, one click and one order with its revenue", async () => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(pipeline.local.shopUrl);
    await page.click(".hero");
    await page.click("#add");
    await page.click("#add");
    await page.click(".cart-link");
    await page.click("#checkout");
    await page.fill("#email", "buyer@shop.example");
    await page.click("#order");
    await page.waitForSelector("text=Thank you");
    await expect
      .poll(async () => Object.entries(await metrics()).map(([name, { buckets }]) => [name, buckets[0]?.value]), {
        timeout: 20_000,
        interval: 250,
      })
      .toEqual([
        ["events", 13],
        ["page_views", 5],
        ["dau", 1],
        ["revenue", { EUR: "118.000000" }],
        ["orders", 1],
        ["impressions", 1],
        ["clicks", 1],
      ]);
    expect(errors).toEqual([]);
    expect(pipeline.output()).not.toContain("buyer@");
    await page.close();
  });
});
