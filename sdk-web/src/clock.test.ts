/*
 * The clock rules of the browser script (shell/clock.ts): the built script runs on virtual browsers with several tabs, a network
 * that delays, loses and repeats, and the server's own correction.
 */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { arrivalsOf } from "../../sdk-core/testing/arrivals.ts";
import { drawsOf } from "../../sdk-core/testing/device.ts";
import { VirtualTime } from "../../sdk-core/testing/virtual-time.ts";
import { compileScript, VirtualPage, type VirtualPorts } from "../testing/virtual-page.ts";

const script = compileScript(readFileSync(new URL("../dist/sluice.min.js", import.meta.url), "utf8"));

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

interface DeviceFaults {
  readonly skewMs: number;
  /** Parts per million by which the device's clock runs fast. */
  readonly driftPpm: number;
  /** Of each way, there and back. */
  readonly delayMsMax: number;
  readonly seed: number;
  /** Share of events after which the visitor leaves the page, for another one in its tab. */
  readonly leaves: number;
  /** Tabs that the visitor uses by turns. */
  readonly tabs: number;
}

const anyFaults = (leaves: number): fc.Arbitrary<DeviceFaults> =>
  fc.record({
    skewMs: fc.oneof(
      fc.integer({ min: -2 * minute, max: 2 * minute }),
      fc.integer({ min: -20 * minute, max: 20 * minute }),
      fc.integer({ min: -12 * hour, max: 12 * hour }),
      fc.integer({ min: -400 * 24 * hour, max: 400 * 24 * hour }),
    ),
    driftPpm: fc.integer({ min: -200, max: 200 }),
    delayMsMax: fc.constantFrom(50, 2 * second, 30 * second),
    seed: fc.integer({ min: 1, max: 1e9 }),
    leaves: fc.constant(leaves),
    tabs: leaves === 0 ? fc.constant(1) : fc.constantFrom(1, 1, 2, 3),
  });

test("SW38: correction never moves two events of one page past each other, whatever skew, drift, delays and losses", async () => {
  await fc.assert(fc.asyncProperty(anyFaults(0), isInOrder), {
    numRuns: 150,
    seed: 1,
    examples: [[{ skewMs: 32_852_920, driftPpm: 0, delayMsMax: 30 * second, seed: 3, leaves: 0, tabs: 1 }]],
  });
}, 60_000);

test.each([0.05, 0.2, 0.5])(
  "SW39: nor of pages seen one after the other and in several tabs, left or killed after an event in %d of all cases",
  async (leaves) => {
    await fc.assert(fc.asyncProperty(anyFaults(leaves), isInOrder), { numRuns: 300, seed: 1 });
  },
  120_000,
);

/** Whether the server files all events of a device in the order of its calls. */
async function isInOrder(fault: DeviceFaults): Promise<boolean> {
  const { ids, times } = await runDevice(fault);
  expect(times.size).toBe(ids.length);
  const timeOf = (id: string): number => times.get(id) ?? NaN;
  return ids.every((id, index) => index === 0 || timeOf(id) >= timeOf(ids[index - 1] ?? ""));
}

/** A device whose visitor tracks for a few minutes on a bad network, then waits on a good one until all has arrived. */
async function runDevice(fault: DeviceFaults): Promise<{ ids: readonly string[]; times: Map<string, number> }> {
  const draw = drawsOf(fault.seed);
  const time = new VirtualTime(Date.UTC(2026, 10, 20));
  const startMs = time.nowMs;
  const times = new Map<string, number>();
  let isBad = true;
  const wait = (): Promise<void> => time.sleep(Math.floor(draw() * (isBad ? fault.delayMsMax : second)));
  const send = async (body: string): Promise<{ status: number; serverTime?: string }> => {
    await wait();
    const roll = isBad ? draw() : 0;
    if (roll > 0.92) return { status: 503 };
    if (roll > 0.85) throw new Error("the request is lost");
    for (const [id, ms] of arrivalsOf(body, time.nowMs, "@sluice/web")) if (!times.has(id)) times.set(id, ms);
    const serverTime = new Date(time.nowMs).toISOString();
    await wait();
    if (roll > 0.6) throw new Error("the reply is lost");
    return { status: 200, serverTime };
  };
  const nowMs = (): number => Math.floor(time.nowMs + fault.skewMs + ((time.nowMs - startMs) * fault.driftPpm) / 1e6);
  const ports: VirtualPorts = { time, nowMs, send, random: draw, storage: new Map(), locks: new Set() };
  const open = (): VirtualPage =>
    new VirtualPage(script, { host: "https://in.example", writeKey: "a.b", flushAt: 5 }, ports);
  const tabs: (VirtualPage | undefined)[] = Array.from({ length: fault.tabs });
  const ids: string[] = [];
  for (let i = 0; i < 40; i++) {
    const tab = Math.floor(draw() * tabs.length);
    const page = (tabs[tab] ??= open());
    ids.push(page.track());
    await time.advance(Math.floor(draw() * 4000));
    if (draw() >= fault.leaves) continue;
    if (draw() < 0.7) page.leave();
    else page.kill();
    tabs[tab] = draw() < 0.8 ? open() : undefined;
  }
  isBad = false;
  open();
  await time.advance(10 * minute);
  open(); // what tabs of the bad network have left meanwhile
  await time.advance(20 * minute);
  return { ids, times };
}
