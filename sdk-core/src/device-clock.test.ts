import fc from "fast-check";
import { expect, test } from "vitest";
import { arrivalsOf } from "../testing/arrivals.ts";
import { createDevice, drawsOf } from "../testing/device.ts";
import { VirtualTime } from "../testing/virtual-time.ts";
import type { ClockState } from "./clock-offset.ts";
import { createDeviceClock } from "./device-clock.ts";
import type { StoredEvent } from "./ports.ts";

const minuteMs = 60_000;

/** A first batch, sent by a device whose clock is off, whose answer takes two seconds. */
function learned(
  offsetMs: number,
  restoredState?: ClockState,
): { readonly clock: ReturnType<typeof createDeviceClock>; readonly told: ClockState[] } {
  const told: ClockState[] = [];
  const clock = createDeviceClock(restoredState, (state) => told.push(state));
  const sentMs = 1e12;
  const reading = { sentMs, receivedMs: sentMs + 2000, serverMs: sentMs + 1000 + offsetMs };
  clock.learn({ lastStampMs: sentMs - 500, offsetMs: null }, reading);
  return { clock, told };
}

test("X10: the next run is told how late events lie by now, so that those it sends do not lie before them", () => {
  // Ahead by three minutes, which the server does not correct: it cuts the first batch off at its receipt.
  const { told } = learned(-3 * minuteMs);
  const [state] = told;
  expect(state).toEqual({ offsetMs: -3 * minuteMs, highWaterMs: 1e12 + 1000 - 3 * minuteMs });
  const next = createDeviceClock(state);
  const stampMs = 1e12 - 400;
  expect(stampMs + (next.offsetForMs(stampMs, []) ?? 0)).toBe(state?.highWaterMs);
});

test("X10: a run that finds events and no offset sends one alone, and the rest not before what the server may have made of them", async () => {
  const restored = ["a", "b", "c"].map((messageId, i) => ({
    messageId,
    json: JSON.stringify({
      type: "track",
      event: "E",
      messageId,
      anonymousId: "x",
      timestamp: new Date(1e12 + i).toISOString(),
    }),
    stampMs: 1e12 + i,
  }));
  const { server, time } = createDevice({}, { restored });
  await time.advance(10_000);
  expect(server.requests.map(({ ids }) => ids.length)).toEqual([1, 2]);
  // 22.4 minutes are rounded to 15 or, when the request takes long, to 30.
  const { clock } = learned(22.4 * minuteMs);
  expect(clock.offsetForMs(1e12 + 60 * minuteMs, [], "start")).toBe(30 * minuteMs);
  expect(clock.offsetForMs(1e12 + 60 * minuteMs, [])).toBe(22.4 * minuteMs);
  const known = learned(22.4 * minuteMs, { offsetMs: 0, highWaterMs: 0 });
  expect(known.clock.offsetForMs(1e12 + 60 * minuteMs, [], "start")).toBe(22.4 * minuteMs);
});

test("X11: events of an earlier run that are found late keep their times, and travel by themselves", async () => {
  const { clock } = learned(5 * minuteMs);
  expect(clock.offsetForMs(1e12 - 24 * 60 * minuteMs, [], "late")).toBe(5 * minuteMs);
  const { engine, server, time, track } = createDevice();
  track(1);
  await time.advance(10_000);
  const stampMs = time.nowMs - 3 * 24 * 60 * minuteMs;
  const json = JSON.stringify({
    type: "track",
    event: "Old",
    messageId: "old",
    anonymousId: "x",
    timestamp: new Date(stampMs).toISOString(),
  });
  track(1);
  engine.start([{ messageId: "old", json, stampMs }]);
  await time.advance(10_000);
  expect(server.stored.get("old")).toBe(stampMs);
  expect(server.requests.map(({ ids }) => ids.length)).toEqual([1, 1, 1]);
});

const skews = fc.oneof(
  fc.integer({ min: -2 * minuteMs, max: 2 * minuteMs }),
  fc.integer({ min: -720 * minuteMs, max: 720 * minuteMs }),
  // Beside a boundary of the server's own steps.
  fc.integer({ min: -40, max: 40 }).map((seconds) => 6.5 * 15 * minuteMs + seconds * 1000),
);

test("X10: whatever the skew, the drift, the delays and the losses, no event of an app that is killed now and then lies before an earlier one", async () => {
  const faults = fc.record({
    skewMs: skews,
    driftPpm: fc.integer({ min: -200, max: 200 }),
    delayMsMax: fc.constantFrom(2000, 30_000),
    kills: fc.constantFrom(0.05, 0.2, 0.5),
    seed: fc.integer({ min: 1, max: 1e9 }),
  });
  await fc.assert(
    fc.asyncProperty(faults, async (fault) => {
      const times = await timesOfKilledApp(fault);
      expect(times.toSorted((a, b) => a - b)).toEqual(times);
    }),
    { numRuns: 200 },
  );
});

/** When the server files the events of an app on a bad network, which is killed and started again, in the order of its calls. */
async function timesOfKilledApp(fault: {
  readonly skewMs: number;
  readonly driftPpm: number;
  readonly delayMsMax: number;
  readonly kills: number;
  readonly seed: number;
}): Promise<number[]> {
  const draw = drawsOf(fault.seed);
  const time = new VirtualTime(Date.UTC(2026, 10, 20));
  const startMs = time.nowMs;
  const now = (): number => Math.floor(time.nowMs + fault.skewMs + ((time.nowMs - startMs) * fault.driftPpm) / 1e6);
  const filed = new Map<string, number>();
  const stored = new Map<string, StoredEvent>();
  let clock: ClockState | undefined;
  let isBad = true;
  let runs = 0;
  const wait = (): Promise<void> => time.sleep(Math.floor(draw() * (isBad ? fault.delayMsMax : 1000)));
  const open = (): ReturnType<typeof createDevice> => {
    const run = ++runs;
    const isOver = (): boolean => run !== runs;
    return createDevice(
      { flushAt: 5, ...(clock === undefined ? {} : { clock }) },
      {
        now,
        seed: fault.seed + run,
        setTimer: time.setTimer,
        restored: [...stored.values()],
        onClock: (state) => void (clock = state),
        store: {
          append: (event) => (stored.set(event.messageId, event), true),
          remove: (ids) => ids.forEach((id) => stored.delete(id)),
        },
        send: async ({ body }) => {
          if (isOver()) return new Promise(() => undefined);
          await wait();
          const roll = isBad ? draw() : 0;
          if (roll > 0.85) return isOver() ? new Promise(() => undefined) : { status: 503 };
          for (const [id, ms] of arrivalsOf(body, time.nowMs, "@sluice/test")) if (!filed.has(id)) filed.set(id, ms);
          const serverTime = new Date(time.nowMs).toISOString();
          await wait();
          if (isOver()) return new Promise(() => undefined); // what a killed app has sent arrives, and it never hears so
          if (roll > 0.6) return { status: 0 };
          return { status: 200, body: JSON.stringify({ success: true, accepted: 1, rejected: [], serverTime }) };
        },
      },
    );
  };
  let app = open();
  const ids: string[] = [];
  for (let i = 0; i < 40; i++) {
    ids.push(...app.track(1));
    await time.advance(Math.floor(draw() * 4000));
    if (draw() < fault.kills) app = open();
  }
  isBad = false;
  await time.advance(20 * minuteMs);
  return ids.map((id) => filed.get(id) ?? Number.NaN);
}
