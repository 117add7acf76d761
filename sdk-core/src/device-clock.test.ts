import { expect, test } from "vitest";
import { createDevice } from "../testing/device.ts";
import type { ClockState } from "./clock-offset.ts";
import { createDeviceClock } from "./device-clock.ts";

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
