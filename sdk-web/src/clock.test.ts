/*
 * The clock rules of the browser script (shell/clock.ts), held to what the SDKs' engine is held to: the built script runs on a
 * virtual device, with a network that delays, loses and repeats, and the server's own correction.
 */
import { readFileSync } from "node:fs";
import { correctedTimeMs, envelopeOf, isObject, type Json, parseTime } from "@sluice/schema";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededBytes } from "../../sdk-core/testing/device.ts";
import { VirtualTime } from "../../sdk-core/testing/virtual-time.ts";
import { VirtualPage } from "../testing/virtual-page.ts";

const script = readFileSync(new URL("../dist/sluice.min.js", import.meta.url), "utf8");

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
  /** Share of events after which the visitor goes on to another page. */
  readonly leaves: number;
}

const faults: fc.Arbitrary<DeviceFaults> = fc.record({
  skewMs: fc.oneof(
    fc.integer({ min: -20 * minute, max: 20 * minute }),
    fc.integer({ min: -12 * hour, max: 12 * hour }),
    fc.integer({ min: -400 * 24 * hour, max: 400 * 24 * hour }),
  ),
  driftPpm: fc.integer({ min: -200, max: 200 }),
  delayMsMax: fc.constantFrom(50, 2 * second, 30 * second),
  seed: fc.integer({ min: 1, max: 1e9 }),
  leaves: fc.constant(0),
});

/*
 * The first page of a browser knows no clock, and the server rounds for it; what it has reached is kept for the pages after it.
 * What remains: batches that were under way when their page was left, and that another page sends again with another offset.
 */
describe("correction never moves two events past each other", () => {
  test("SW38: of one page, whatever the skew, the drift, the delays and the losses", async () => {
    await fc.assert(fc.asyncProperty(faults, isInOrder), {
      numRuns: 150,
      examples: [[{ skewMs: 32_852_920, driftPpm: 0, delayMsMax: 30 * second, seed: 3, leaves: 0 }]],
    });
  });

  test.each([
    { leaves: 0.05, share: 0 },
    { leaves: 0.2, share: 0.04 },
  ])("SW39: of pages seen one after the other, each left after an event in $leaves of all cases", async (given) => {
    const draw = drawsOf(5);
    let inversions = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const skewMs = Math.floor((draw() * 2 - 1) * 12 * hour);
      const fault = { skewMs, driftPpm: 0, delayMsMax: 2 * second, seed, leaves: given.leaves };
      if (!(await isInOrder(fault))) inversions++;
    }
    expect(inversions / 100).toBeLessThanOrEqual(given.share);
  });
});

/** Whether the server files all events of a device in the order of its calls. */
async function isInOrder(fault: DeviceFaults): Promise<boolean> {
  const { ids, times } = await runDevice(fault);
  expect(times.size).toBe(ids.length);
  const timeOf = (id: string): number => times.get(id) ?? NaN;
  const filed = ids.toSorted((a, b) => timeOf(a) - timeOf(b) || (a < b ? -1 : 1));
  return ids.every((id, index) => filed[index] === id);
}

/** A device whose visitor tracks for a few minutes on a bad network, then waits on a good one until all has arrived. */
async function runDevice(fault: DeviceFaults): Promise<{ ids: readonly string[]; times: Map<string, number> }> {
  const draw = drawsOf(fault.seed);
  const time = new VirtualTime(Date.UTC(2026, 10, 20));
  const startMs = time.nowMs;
  const storage = new Map<string, string>();
  const times = new Map<string, number>();
  let isBad = true;
  const wait = (): Promise<void> => time.sleep(Math.floor(draw() * (isBad ? fault.delayMsMax : second)));
  const send = async (body: string): Promise<{ status: number; serverTime?: string }> => {
    await wait();
    const roll = isBad ? draw() : 0;
    if (roll > 0.92) return { status: 503 };
    if (roll > 0.85) throw new Error("the request is lost");
    for (const [id, ms] of arrivalsOf(body, time.nowMs)) if (!times.has(id)) times.set(id, ms);
    const serverTime = new Date(time.nowMs).toISOString();
    await wait();
    if (roll > 0.6) throw new Error("the reply is lost");
    return { status: 200, serverTime };
  };
  const nowMs = (): number => Math.floor(time.nowMs + fault.skewMs + ((time.nowMs - startMs) * fault.driftPpm) / 1e6);
  const open = (): VirtualPage =>
    new VirtualPage(
      script,
      { host: "https://in.example", writeKey: "a.b", flushAt: 5 },
      {
        ...{ time, nowMs, storage, send, random: draw },
      },
    );
  let page = open();
  const ids: string[] = [];
  for (let i = 0; i < 50; i++) {
    ids.push(page.track());
    await time.advance(Math.floor(draw() * 4000));
    if (draw() >= fault.leaves) continue;
    page.leave();
    page = open();
  }
  isBad = false;
  await time.advance(30 * minute);
  return { ids, times };
}

/** Message ids of one request, and the times that the server files their events under. */
function arrivalsOf(body: string, receivedAtMs: number): readonly (readonly [string, number])[] {
  const { events, sentAt, clockOffsetMs } = envelopeOf(JSON.parse(body) as Json);
  const clock = { receivedAtMs, clockOffsetMs, sentAtMs: sentAt === null ? null : parseTime(sentAt) };
  return events.filter(isObject).map(({ messageId, timestamp }) => {
    const ms = parseTime(String(timestamp)) ?? NaN;
    return [String(messageId), correctedTimeMs(ms, clock, "@sluice/web")];
  });
}

/** Numbers in [0, 1) from a seed. */
function drawsOf(seed: number): () => number {
  const fill = seededBytes(seed);
  const bytes = new Uint8Array(4);
  return () => {
    fill(bytes);
    return new DataView(bytes.buffer).getUint32(0) / 2 ** 32;
  };
}
