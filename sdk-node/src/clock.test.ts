/*
 * The clock rules over the lanes of the Node SDK, held to what the SDKs' engine is held to (S13): the real client on a virtual
 * machine, several batches in flight on a network that delays, loses, repeats and refuses, and the server's own correction.
 */
import { type SendReply, type SendRequest, utf8Bytes } from "@sluice/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { arrivalsOf } from "../../sdk-core/testing/arrivals.ts";
import { drawsOf, seededBytes } from "../../sdk-core/testing/device.ts";
import { VirtualTime } from "../../sdk-core/testing/virtual-time.ts";
import { Client } from "./client.ts";
import { laneOf } from "./lanes.ts";
import type { Platform } from "./platform.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

interface MachineFaults {
  readonly skewMs: number;
  /** Parts per million by which the machine's clock runs fast. */
  readonly driftPpm: number;
  /** Of each way, there and back. */
  readonly delayMsMax: number;
  readonly seed: number;
  readonly maxInFlight: number;
  /** Users whose calls alternate. */
  readonly users: number;
  /** Events of a batch from which on the server refuses it as too large. */
  readonly tooLarge: number;
}

const faults: fc.Arbitrary<MachineFaults> = fc.record({
  skewMs: fc.oneof(
    fc.integer({ min: -20 * minute, max: 20 * minute }),
    fc.integer({ min: -12 * hour, max: 12 * hour }),
    fc.integer({ min: -400 * 24 * hour, max: 400 * 24 * hour }),
    // Beside a boundary of the server's own steps, which a batch that states no offset is corrected by.
    fc.tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -40, max: 40 })).map(([step, seconds]) => {
      return (step + 0.5) * 15 * minute + seconds * second;
    }),
  ),
  driftPpm: fc.integer({ min: -200, max: 200 }),
  delayMsMax: fc.constantFrom(50, 2 * second, 30 * second),
  seed: fc.integer({ min: 1, max: 1e9 }),
  maxInFlight: fc.constantFrom(1, 4, 8),
  users: fc.constantFrom(1, 3, 12),
  tooLarge: fc.constantFrom(2, 4, 100),
});

test("SN35: whatever the skew, the drift, the delays, the losses and the splits, correction never moves two events of a user past each other", async () => {
  await fc.assert(
    fc.asyncProperty(faults, async (fault) => {
      const { calls, times } = await runMachine(fault);
      for (let user = 0; user < fault.users; user++) {
        const ids = calls.filter((call) => call.user === user).map(({ id }) => id);
        const timeOf = (id: string): number => times.get(id) ?? NaN;
        expect(ids.every((id) => times.has(id))).toBe(true);
        expect(ids.toSorted((a, b) => timeOf(a) - timeOf(b) || (a < b ? -1 : 1))).toEqual(ids);
      }
    }),
    {
      numRuns: 200,
      examples: [
        [
          {
            ...{ skewMs: 32_852_920, driftPpm: 0, delayMsMax: 30 * second, seed: 3 },
            maxInFlight: 4,
            users: 3,
            tooLarge: 4,
          },
        ],
      ],
    },
  );
});

test("SN36: what waited while other users' events were delivered is filed under its own time", async () => {
  for (let user = 0; user < 12; user++) expect(laneOf({ userId: `u${user}` })).not.toBe(laneOf({ userId: firstUser }));
  await fc.assert(
    fc.asyncProperty(faults, async (fault) => {
      const { calls, times } = await runMachine({ ...fault, driftPpm: 0 }, true);
      // An offset below a minute is not corrected; a second is what the reading on a good network may be wrong by.
      for (const { id, atMs } of calls) expect(Math.abs((times.get(id) ?? NaN) - atMs)).toBeLessThan(minute + second);
    }),
    { numRuns: 100 },
  );
});

/** Another user than those of the calls, from whose event the client has learned the clock before. */
const firstUser = "first";

interface Call {
  readonly id: string;
  readonly user: number;
  /** When it was made, by the true clock. */
  readonly atMs: number;
}

/** A machine that tracks for a few minutes on a bad network, then on a good one until all has arrived. */
async function runMachine(
  fault: MachineFaults,
  isClockKnown = false,
): Promise<{ calls: readonly Call[]; times: ReadonlyMap<string, number> }> {
  const draw = drawsOf(fault.seed);
  const time = new VirtualTime(Date.UTC(2026, 10, 20));
  const startMs = time.nowMs;
  const times = new Map<string, number>();
  let isBad = !isClockKnown;
  const wait = (): Promise<void> => time.sleep(Math.floor(draw() * (isBad ? fault.delayMsMax : second)));
  const send = async ({ body }: SendRequest): Promise<SendReply> => {
    await wait();
    const roll = isBad ? draw() : 0;
    if (roll > 0.85) return { status: roll > 0.92 ? 503 : 0 };
    const arrivals = arrivalsOf(body, time.nowMs, "@sluice/node");
    if (arrivals.length >= fault.tooLarge) return { status: 413 };
    for (const [id, ms] of arrivals) if (!times.has(id)) times.set(id, ms);
    const serverTime = new Date(time.nowMs).toISOString();
    await wait();
    if (roll > 0.6) return { status: 0 }; // the reply is lost, the request is sent again
    return {
      status: 200,
      body: JSON.stringify({ success: true, accepted: arrivals.length, rejected: [], serverTime }),
    };
  };
  const platform: Platform = {
    now: () => Math.floor(time.nowMs + fault.skewMs + ((time.nowMs - startMs) * fault.driftPpm) / 1e6),
    random: seededBytes(fault.seed),
    setTimer: time.setTimer,
    holdProcess: (promise) => promise,
    utf8Bytes,
    createSend: () => send,
    openSpool: null,
    drainAtExit: null,
  };
  const client = new Client(
    {
      host: "https://in.example",
      writeKey: "shop.server.s1.x",
      flushAt: 5,
      maxInFlight: fault.maxInFlight,
      log: () => undefined,
    },
    platform,
  );
  if (isClockKnown) {
    client.track({ userId: firstUser, event: "e" });
    await time.advance(minute);
    isBad = true;
  }
  const calls: Call[] = [];
  for (let i = 0; i < 60; i++) {
    const id = `m${String(i).padStart(3, "0")}`;
    const user = Math.floor(draw() * fault.users);
    calls.push({ id, user, atMs: time.nowMs });
    client.track({ userId: `u${user}`, event: "e", messageId: id });
    await time.advance(Math.floor(draw() * 4000));
  }
  isBad = false;
  await time.advance(30 * minute);
  return { calls, times };
}
