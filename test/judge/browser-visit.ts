import type { WebClient } from "@sluice/web";
import { launchChromium, servePage } from "./chromium.ts";
import type { RecordedRequest } from "./proxy.ts";

/** What the visit did, to be found again in the lake. */
export interface BrowserVisit {
  readonly anonymousId: string;
  readonly userId: string;
  /** Marks of the calls that the pages made, in order. */
  readonly marks: readonly string[];
  /** Paths whose page view the snippet itself recorded. */
  readonly paths: readonly string[];
}

declare const sluice: WebClient;

const marks = ["web-early/first", "web-1", "web-2", "web-3", "web-4", "web-5", "web-early/second", "web-6"];

/**
 * A visit in a real Chromium to a page with the snippet: two page views, calls before and after the script has
 * loaded, an order, and a last call in the very moment in which the page is left.
 *
 * @param snippetHtml the snippet for the proxy's host.
 * @param requests what the proxy has recorded so far; it goes on growing.
 */
export async function visitInChromium(
  snippetHtml: string,
  requests: readonly RecordedRequest[],
): Promise<BrowserVisit> {
  const early = `<script>sluice.track("Queued Early", { mark: "web-early" + location.pathname })</script>`;
  const server = await servePage(`<!doctype html><title>Tea &amp; Co</title>${snippetHtml}${early}<h1>Shop</h1>`);
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ locale: "de-DE", timezoneId: "Europe/Berlin" });
    const ready = (): Promise<unknown> => page.waitForFunction("typeof sluice.anonymousId === 'function'");
    await page.goto(`${server.url}/first?utm_source=mail&utm_campaign=spring`);
    await ready();
    const report = await page.evaluate(() => {
      sluice.track("Product Viewed", { mark: "web-1", price: 4.5, name: "Zürich 🚲" });
      sluice.identify("web-zoe", { mark: "web-2", plan: "club" });
      sluice.track("Order Completed", { mark: "web-3", revenue: "29.900001", currency: "eur" });
      sluice.screen("Start", { mark: "web-4" });
      sluice.group("company", { mark: "web-5" });
      return sluice.flush();
    });
    if (report.dropped.length + report.rejected.length + report.kept.length > 0)
      throw new Error(JSON.stringify(report));
    const anonymousId = await page.evaluate(() => sluice.anonymousId());
    await page.goto(`${server.url}/second`);
    await ready();
    await page.evaluate(() => {
      sluice.track("Promotion Clicked", { mark: "web-6" });
      location.href = "about:blank";
    });
    await until(() => marks.every((mark) => requests.some((request) => request.body.includes(`"${mark}"`))), 10_000);
    return { anonymousId, userId: "web-zoe", marks, paths: ["/first", "/second"] };
  } finally {
    await browser.close();
    await server.close();
  }
}

async function until(holds: () => boolean, limitMs: number): Promise<void> {
  for (const endMs = performance.now() + limitMs; !holds();) {
    if (performance.now() > endMs) throw new Error("what the page sent as it was left did not arrive");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
