import type { AppendResult, PackedAppend } from "@sluice/schema";
import { expect, test } from "vitest";
import { testEvent, testMessage } from "../../testing/harness.ts";
import { textsOf } from "../log/id-texts.ts";
import { unpackAppend } from "../log/packed-append.ts";
import { consumeBatch, consumeDeadLetters, type ConsumePorts } from "./consume.ts";

const taken: AppendResult = {
  ok: true,
  stored: 1,
  duplicate: 0,
  rejected: 0,
  skippedSlices: 0,
  unchecked: [],
  logSequence: 1,
};

/** Runs a batch of one event per message id against a log; says what became of each message. */
async function run(
  ids: readonly string[],
  append: (request: PackedAppend) => Promise<AppendResult>,
  options: { readonly attempts?: number; readonly put?: () => Promise<never>; readonly dead?: boolean } = {},
): Promise<ReadonlyMap<string, string>> {
  const outcome = new Map<string, string>();
  const messages = ids.map((id) => ({
    id,
    body: id === "newer" ? newerMessage() : testMessage([testEvent(id)], { receiptId: id }),
    attempts: options.attempts ?? 1,
    timestamp: new Date(0),
    ack: () => outcome.set(id, "acked"),
    retry: ({ delaySeconds }: { delaySeconds: number }) => outcome.set(id, `retried in ${delaySeconds}`),
  }));
  const ports = {
    lake: { put: options.put ?? (async () => null) },
    logOf: () => ({ append }),
    random: () => 0.5,
    counters: { messagesSettled: 0, messagesInFlight: 0 },
    shardCounts: new Map<string, number>(),
  } as unknown as ConsumePorts;
  const batch = { queue: "sluice-events", messages } as unknown as Parameters<typeof consumeBatch>[0];
  await (options.dead === true ? consumeDeadLetters : consumeBatch)(batch, ports);
  const acked = [...outcome.values()].filter((value) => value === "acked").length;
  expect(ports.counters).toEqual({ messagesSettled: acked, messagesInFlight: 0 });
  return outcome;
}

function newerMessage(): Uint8Array {
  const bytes = testMessage([testEvent("a")], { receiptId: "r1" });
  bytes[3] = 2;
  return bytes;
}

test("Q14: a message that makes the log fail is retried alone; its neighbours are acknowledged", async () => {
  const outcome = await run(["a", "bad", "c"], async (request) => {
    const unpacked = unpackAppend(request);
    if (unpacked === null || textsOf(unpacked.ids).includes("bad")) throw new Error("a defect");
    return taken;
  });
  expect(Object.fromEntries(outcome)).toEqual({ a: "acked", bad: "retried in 15", c: "acked" });
});

test("Q14: a log that is full or restarting fails all its messages at once, with a growing delay", async () => {
  let calls = 0;
  const full = await run(["a", "b"], async () => ({ ok: false, reason: "full" }), { attempts: 3 });
  const restarting = await run(["a", "b"], async () => {
    calls += 1;
    throw Object.assign(new Error("reset"), { retryable: true });
  });
  expect([...full.values()]).toEqual(["retried in 60", "retried in 60"]);
  expect([...restarting.values()]).toEqual(["retried in 15", "retried in 15"]);
  expect(calls).toBe(1);
});

test("Q13: a message of a newer edge waits for the consumer's deploy", async () => {
  const outcome = await run(["newer", "a"], async () => taken, { attempts: 4 });
  expect(Object.fromEntries(outcome)).toEqual({ newer: "retried in 120", a: "acked" });
});

test("Q12: a dead letter that cannot be stored is not acknowledged", async () => {
  const put = async (): Promise<never> => {
    throw new Error("R2 is down");
  };
  expect([...(await run(["a"], async () => taken, { dead: true, put })).values()]).toEqual(["retried in 60"]);
  expect([...(await run(["a"], async () => taken, { dead: true })).values()]).toEqual(["acked"]);
});

test("Q26: nothing is acknowledged before its append has returned", async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  let acked: ReadonlyMap<string, string> | null = null;
  const running = run(["a"], async () => {
    await gate;
    return taken;
  }).then((outcome) => (acked = outcome));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(acked).toBeNull();
  release();
  expect([...(await running).values()]).toEqual(["acked"]);
});
