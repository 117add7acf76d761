/*
 * `npm run bench -- web`: what the browser SDK costs the page's main thread, in a real Chromium: one `track()` of an event with
 * ten properties, beside `JSON.stringify` of the same properties and a function that does nothing, and the longest task
 * while 500 events were flushed.
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

/** Runs in the page: median µs per call over rounds of 50 calls, less than a batch; the page is isolated, so that its clock has steps of 5 µs. */
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

/** Runs in the page: 500 events wait, in bursts as a page makes them. */
const trackMany = `(async () => {
  for (let i = 0; i < 500; i++) { sluice.track("Product Viewed", { i, sku: "A1" }); if (i % 20 === 0) await 0; }
})()`;

/** What one task of the page's main thread took, in µs: by the clock, and of processor time, which other programs do not lengthen. */
interface TracedTask {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/** The longest task of any page's main thread while the trace ran, ms of processor time. */
function longestTaskMs(trace: Buffer): number {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TracedTask[] };
  const threadOf = ({ pid, tid }: TracedTask): string => `${pid} ${tid}`;
  const mains = new Set(
    traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(threadOf),
  );
  const tasks = traceEvents.filter((task) => task.name.endsWith("RunTask") && mains.has(threadOf(task)));
  if (tasks.length === 0) throw new Error("Chromium traced no task");
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
}

const middle = (values: number[]): string => (values.sort((a, b) => a - b)[values.length >> 1] ?? 0).toFixed(1);

server.headers = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};
const rounds = 15;

await server.start();
const browser = await launchChromium();
try {
  const page = await browser.newPage();
  await page.goto(server.page);
  const costs = (await page.evaluate(medians)) as [string, number][];
  const longest: { readonly rest: number[]; readonly flush: number[] } = { rest: [], flush: [] };
  for (let round = 0; round < rounds; round++) {
    for (const [kind, work] of [
      ["rest", "0"],
      ["flush", "sluice.flush().then(() => 0)"],
    ] as const) {
      await page.evaluate(trackMany);
      await browser.startTracing(page, { categories: ["toplevel", "disabled-by-default-devtools.timeline"] });
      await page.evaluate(work);
      longest[kind].push(longestTaskMs(await browser.stopTracing()));
      await page.evaluate("sluice.flush().then(() => 0)");
    }
  }
  console.log(
    formatTable(
      ["call", "median µs"],
      costs.map(([name, us]) => [name, us.toFixed(1)]),
    ),
  );
  console.log(
    `longest task of the main thread, ms of processor time, median of ${rounds} rounds: at rest ${middle(longest.rest)}, ` +
      `while 500 events are flushed ${middle(longest.flush)}; the worst round ${Math.max(...longest.flush).toFixed(1)}`,
  );
  console.log(`script: ${gzipSync(script, { level: 9 }).length} bytes gzip -9`);
} finally {
  await browser.close();
  await server.stop();
}
