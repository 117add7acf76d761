/*
 * `npm run bench -- web`: what the browser SDK costs the page's main thread, in a real Chromium: one `track()` of an event with
 * ten properties, beside `JSON.stringify` of the same properties and a function that does nothing, and the longest stretch
 * in which the page could do nothing else while 500 events were flushed.
 */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { launchChromium } from "../test/judge/chromium.ts";
import { FaultServer } from "../test/web/fault-server.ts";
import { formatTable } from "../tools/terminal/table.ts";

const script = readFileSync(new URL("../sdk-web/dist/sluice.min.js", import.meta.url), "utf8");
const server = new FaultServer(
  (ingest) => `<!doctype html><title>Bench</title><script src="/sluice.js"></script>
    <script>sluice.load({ host: "${ingest}", writeKey: "shop.web.p1.key", maxQueueCharacters: 1e9 })</script>`,
  new Map([["/sluice.js", script]]),
);

/** Runs in the page: median µs per call over rounds of 50 calls, less than a batch; a clock of 0.1 ms resolves it to 2 µs. */
const medians = `(async () => {
  const properties = { sku: "A1", name: "Tea", category: "drinks", price: "14.99", currency: "EUR", quantity: 2, position: 7,
    coupon: "SPRING", isNew: true, list: "Best sellers" };
  const stages = {
    "no-op": () => {},
    "JSON.stringify": () => JSON.stringify(properties),
    "track()": () => sluice.track("Product Added", properties),
  };
  const samples = Object.fromEntries(Object.keys(stages).map((name) => [name, []]));
  for (let round = -10; round < 50; round++) {
    for (const [name, run] of Object.entries(stages)) {
      const startMs = performance.now();
      for (let i = 0; i < 50; i++) run();
      if (round >= 0) samples[name].push((performance.now() - startMs) * 20);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await sluice.flush();
  }
  return Object.entries(samples).map(([name, times]) => [name, times.sort((a, b) => a - b)[times.length >> 1]]);
})()`;

/** Runs in the page: longest gap in ms between two turns of the event loop, at rest and while 500 events are flushed. */
const gaps = `(async () => {
  const longestGap = async (until) => {
    const channel = new MessageChannel();
    let lastMs = performance.now(), longest = 0, isOver = false;
    until.then(() => { isOver = true });
    await new Promise((done) => {
      channel.port1.onmessage = () => {
        const nowMs = performance.now();
        longest = Math.max(longest, nowMs - lastMs);
        lastMs = nowMs;
        if (isOver) done(); else channel.port2.postMessage(0);
      };
      channel.port2.postMessage(0);
    });
    return longest;
  };
  const results = [];
  for (let round = 0; round < 15; round++) {
    const rest = await longestGap(new Promise((resolve) => setTimeout(resolve, 300)));
    for (let i = 0; i < 500; i++) { sluice.track("Product Viewed", { i, sku: "A1" }); if (i % 20 === 0) await 0; }
    await new Promise((resolve) => setTimeout(resolve, 20));
    results.push([rest, await longestGap(sluice.flush())]);
  }
  return results;
})()`;

const middle = (values: number[]): string => (values.sort((a, b) => a - b)[values.length >> 1] ?? 0).toFixed(1);

await server.start();
const browser = await launchChromium();
try {
  const page = await browser.newPage();
  await page.goto(server.page);
  const costs = (await page.evaluate(medians)) as [string, number][];
  const rounds = (await page.evaluate(gaps)) as [number, number][];
  console.log(
    formatTable(
      ["call", "median µs"],
      costs.map(([name, us]) => [name, us.toFixed(1)]),
    ),
  );
  console.log(
    `longest gap of the event loop, median of ${rounds.length} rounds: at rest ${middle(rounds.map(([rest]) => rest))} ms, ` +
      `while 500 events are flushed ${middle(rounds.map(([, flush]) => flush))} ms`,
  );
  console.log(`script: ${gzipSync(script, { level: 9 }).length} bytes gzip -9`);
} finally {
  await browser.close();
  await server.stop();
}
