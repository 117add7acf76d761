import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Counters } from "../counters.ts";
import type { PackedMessage } from "../pack.ts";
import { deliver, type DeliveryPorts } from "./deliver.ts";
import { OwnSpills } from "./own-spills.ts";
import { replaySpills } from "./replay.ts";
import { TimeLimits } from "./time-limit.ts";

beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => vi.restoreAllMocks());

const message = (firstIndex: number): PackedMessage => ({ firstIndex, bytes: new Uint8Array([firstIndex]) });

interface Doubles extends DeliveryPorts {
  readonly sent: number[];
  readonly spilled: Map<string, number>;
}

/** `sends` decides over each try in turn; `null` never settles. */
function doubles(sends: (firstIndex: number, tries: number) => boolean | null, spillWorks = true): Doubles {
  const sent: number[] = [];
  const spilled = new Map<string, number>();
  const tries = new Map<number, number>();
  const send = (bytes: Uint8Array): Promise<void> => {
    const index = bytes[0] ?? -1;
    tries.set(index, (tries.get(index) ?? 0) + 1);
    const outcome = sends(index, tries.get(index) ?? 0);
    if (outcome === null) return new Promise(() => undefined);
    if (!outcome) return Promise.reject(new Error("queue is down"));
    sent.push(index);
    return Promise.resolve();
  };
  const put = (key: string, bytes: Uint8Array): Promise<void> => {
    if (!spillWorks) return Promise.reject(new Error("R2 is down"));
    spilled.set(key, bytes[0] ?? -1);
    return Promise.resolve();
  };
  const ports = {
    queue: { send },
    lake: { put },
    counters: new Counters(),
    spills: new OwnSpills(),
    limits: new TimeLimits(),
    sendTimeMsMax: 20,
  };
  return { ...(ports as unknown as DeliveryPorts), sent, spilled };
}

test("W16: a send that fails or hangs is tried once more", async () => {
  for (const first of [false, null]) {
    const ports = doubles((_index, tries) => (tries === 1 ? first : true));
    expect(await deliver([message(0)], "R", ports)).toBe(true);
    expect(ports.sent).toEqual([0]);
    expect(ports.spilled.size).toBe(0);
    expect(ports.counters.report()).toMatchObject({ messagesSent: 1, messagesSpilled: 0 });
  }
});

test("W16: after two tries a message is spilled under its receipt and first index, byte for byte", async () => {
  for (const outcome of [false, null]) {
    const ports = doubles((index) => (index === 7 ? outcome : true));
    expect(await deliver([message(0), message(7)], "R", ports)).toBe(true);
    expect(ports.sent).toEqual([0]);
    expect([...ports.spilled]).toEqual([["spill/R-7", 7]]);
    expect(ports.counters.report()).toMatchObject({ messagesSent: 1, messagesSpilled: 1 });
  }
});

test("W17: when neither queue nor R2 takes a message the request has failed, and later messages are not sent", async () => {
  const ports = doubles((index) => index !== 1, false);
  const messages = Array.from({ length: 12 }, (_, i) => message(i));
  expect(await deliver(messages, "R", ports)).toBe(false);
  expect(ports.sent).toEqual([0, 2, 3]);
});

test("W16: a replay stops after a few failures, and a spill is deleted only once it was sent", async () => {
  let stored = Array.from({ length: 9 }, (_, i) => `spill/R-${i}`);
  let tries = 0;
  const counters = new Counters();
  const lake = {
    list: () => Promise.resolve({ objects: stored.map((key) => ({ key })), truncated: false }),
    get: () => Promise.resolve({ arrayBuffer: () => Promise.resolve(new ArrayBuffer(1)) }),
    delete: (key: string) => {
      stored = stored.filter((other) => other !== key);
      return Promise.resolve();
    },
  };
  const down = { send: () => Promise.reject(new Error(`down ${++tries}`)) };
  const up = { send: () => Promise.resolve() };
  const run = (queue: typeof up | typeof down): ReturnType<typeof replaySpills> =>
    replaySpills({ queue, lake, counters, limits: new TimeLimits(), sendTimeMsMax: 20 } as unknown as Parameters<
      typeof replaySpills
    >[0]);
  expect(await run(down)).toEqual({ replayed: 0, failed: 5 });
  expect([tries, stored.length]).toEqual([10, 9]);
  expect(await run(up)).toEqual({ replayed: 9, failed: 0 });
  expect(stored).toEqual([]);
  expect(counters.report()).toMatchObject({ messagesSent: 9, messagesReplayed: 9 });
});
