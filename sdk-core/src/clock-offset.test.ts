import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createDevice, drawsOf } from "../testing/device.ts";
import { nextOffsetMs, offsetForBatchMs } from "./clock-offset.ts";

describe("clock offset", () => {
  const reading = (serverMs: number) => ({ sentMs: 1_000_000, receivedMs: 1_000_200, serverMs: 1_000_100 + serverMs });

  test("S12: the offset moves only when a reading differs by more than 60 s", () => {
    expect(nextOffsetMs(null, reading(60_000))).toBe(0);
    expect(nextOffsetMs(null, reading(60_001))).toBe(60_001);
    expect(nextOffsetMs(null, reading(-60_001))).toBe(-60_001);
    expect(nextOffsetMs(90_000, reading(140_000))).toBe(90_000);
    expect(nextOffsetMs(90_000, reading(0))).toBe(0);
  });

  test("S12: a reading with a round trip over 30 s, or during which the clock went back, is not used", () => {
    expect(nextOffsetMs(5, { sentMs: 0, receivedMs: 30_001, serverMs: 1e9 })).toBe(5);
    expect(nextOffsetMs(5, { sentMs: 10, receivedMs: 9, serverMs: 1e9 })).toBe(5);
    expect(nextOffsetMs(null, { sentMs: 10, receivedMs: 9, serverMs: 1e9 })).toBeNull();
  });

  test("S12: the first reading is used however long its round trip took", () => {
    expect(nextOffsetMs(null, { sentMs: 0, receivedMs: 50_000, serverMs: 1_025_000 })).toBe(1_000_000);
  });

  test("S12: a batch before the first reading states no offset; later ones state the known one", () => {
    const clock = { offsetMs: 500, highWaterMs: 0 };
    expect(offsetForBatchMs({ ...clock, offsetMs: null }, 1000, [])).toBeNull();
    expect(offsetForBatchMs(clock, 1000, [])).toBe(500);
    expect(offsetForBatchMs({ ...clock, highWaterMs: 9000 }, 1000, [])).toBe(8000);
    expect(offsetForBatchMs(clock, 1000, [{ lastStampMs: 900, offsetMs: 5000 }])).toBe(4900);
    expect(offsetForBatchMs(clock, Infinity, [{ lastStampMs: 900, offsetMs: 5000 }])).toBe(500);
  });
});

test("S13: whatever the skew, the delays and the faults, correction never inverts two events of a device", async () => {
  const run = async (skewMs: number, seed: number, maxDelayMs: number, leaves: number): Promise<void> => {
    const device = createDevice({ flushAt: 5 }, { skewMs, seed });
    const draw = drawsOf(seed);
    device.server.delayMs = () => Math.floor(draw() * maxDelayMs);
    device.server.fate = () => {
      const roll = draw();
      return roll < 0.6 ? "ok" : roll < 0.75 ? "reply lost" : roll < 0.9 ? "request lost" : { status: 503 };
    };
    const ids: string[] = [];
    for (let i = 0; i < 60; i++) {
      ids.push(...device.track(1));
      await device.time.advance(Math.floor(draw() * 3000));
      // The app is left, and opened again.
      if (draw() < leaves) for (let batch = 0; batch < 4; batch++) device.engine.flushUrgently(1000);
    }
    device.server.fate = () => "ok";
    await device.time.advance(600_000);
    const times = ids.map((id) => device.server.stored.get(id));
    expect(times.every((time) => time !== undefined)).toBe(true);
    for (let i = 1; i < times.length; i++) expect(times[i]).toBeGreaterThanOrEqual(times[i - 1] ?? Infinity);
  };
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.integer({ min: -200_000, max: 200_000 }), fc.integer({ min: -20_000_000, max: 20_000_000 })),
      fc.integer({ min: 1, max: 1e9 }),
      fc.constantFrom(50, 2000, 30_000),
      fc.constantFrom(0, 0.05, 0.2),
      run,
    ),
    { numRuns: 200 },
  );
});

test("S19: a first batch that must be split is not torn apart: its second half goes with the offset that the first one's answer teaches", async () => {
  const run = async (skewMs: number, seed: number): Promise<void> => {
    const device = createDevice({ flushAt: 5 }, { skewMs, seed });
    const draw = drawsOf(seed);
    device.server.delayMs = () => Math.floor(draw() * 30_000);
    device.server.fate = ({ ids }) => (ids.length > 2 ? { status: 413 } : draw() < 0.2 ? "reply lost" : "ok");
    const ids = [...device.track(5)];
    await device.time.advance(600_000);
    const times = ids.map((id) => device.server.stored.get(id) ?? Number.NaN);
    expect(times.toSorted((a, b) => a - b)).toEqual(times);
    const offsets = device.server.requests.map((request) => request.clockOffsetMs);
    expect(offsets[0]).toBeNull();
    expect(offsets.at(-1)).not.toBeNull();
  };
  // Beside a boundary of the server's own steps: two halves without an offset would now and then be corrected by two of them.
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: -40, max: 40 }).map((seconds) => 6.5 * 900_000 + seconds * 1000),
      fc.integer({ min: 1, max: 1e9 }),
      run,
    ),
    { numRuns: 100 },
  );
});

test("S12: once the clock is known, the corrected time of a skewed device is right to the minute", async () => {
  const skewMs = -3 * 3_600_000;
  const device = createDevice({}, { skewMs });
  device.track(1);
  await device.time.advance(10_000);
  const [id = ""] = device.track(1);
  const calledMs = device.time.nowMs;
  await device.time.advance(10_000);
  expect(Math.abs((device.server.stored.get(id) ?? 0) - calledMs)).toBeLessThan(60_000);
  expect(device.server.requests.map((request) => request.clockOffsetMs)).toEqual([null, -skewMs]);
});
