import { hourOf, type Json, type JsonObject, type StreamNote } from "@sluice/schema";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LedgerWorld, queueMessage, startLedgerWorld, waitFor } from "./ledger/world.ts";

/*
 * Ledger, receipts, re-drive, dead letters and replay on the real Workers. Tests share one project and go on from each other's
 * events only where they say so; each that sends to the queue itself uses hours of its own.
 */
let world: LedgerWorld;
beforeAll(async () => {
  world = await startLedgerWorld();
});
afterAll(() => world.close());

const hour = 3_600_000;
const day = 24 * hour;
const nowHour = hourOf(Date.now());
/** Ids that say no birth need `time`; these do. */
const ulid = (index: number): string => `01KAG2X9YM00000000000${String(index).padStart(5, "0")}`;

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function track(messageId: string, timeMs: number): JsonObject {
  return { type: "track", event: "Viewed", messageId, anonymousId: "v", timestamp: iso(timeMs) };
}

async function ledger(fromMs: number, toMs: number): Promise<JsonObject> {
  const reply = await world.read(`/v1/ledger?from=${iso(fromMs)}&to=${iso(toMs)}`);
  if (reply.status !== 200) throw new Error(JSON.stringify(reply));
  for (const row of [...(reply.body["rows"] as JsonObject[]), reply.body["totals"] as JsonObject]) expectBalance(row);
  return reply.body;
}

function expectBalance(row: JsonObject): void {
  const [received, stored, duplicate, rejected, inFlight, lost] = [
    "received",
    "stored",
    "duplicate",
    "rejected",
    "inFlight",
    "suspectedLost",
  ].map((name) => Number(row[name]));
  expect(received).toBe((stored ?? 0) + (duplicate ?? 0) + (rejected ?? 0) + (inFlight ?? 0) + (lost ?? 0));
}

/** A message of three events in a stream of an hour: the nth of them. */
function third(hourMs: number, sequence: number, isolateId = "isolate"): Uint8Array {
  const stream: StreamNote = { eventsBefore: (sequence - 1) * 3, voided: [], previous: null };
  const events = [0, 1, 2].map((i) => track(`${isolateId}-${hourMs}-${sequence}-${i}`, hourMs + i));
  return queueMessage(events, {
    receiptId: `r-${isolateId}-${hourMs}-${sequence}`,
    receivedAtMs: hourMs,
    sequence,
    stream,
    isolateId,
  });
}

test("A40: the ledger balances at every instant, and says what the edge took that no log has seen", async () => {
  const hourMs = nowHour - 5 * hour;
  const totals = async () => (await ledger(hourMs, hourMs + hour))["totals"] as JsonObject;
  await world.enqueue([third(hourMs, 1), third(hourMs, 4)]);
  const gap = { received: 12, stored: 6, duplicate: 0, rejected: 0, inFlight: 6, suspectedLost: 0, missingMessages: 2 };
  await waitFor(totals, (value) => value["stored"] === 6);
  expect(await totals()).toEqual(gap);
  await world.enqueue([third(hourMs, 4), third(hourMs, 1)]);
  await world.restartLog();
  expect(await totals()).toEqual(gap);
  await world.publish();
  await world.restartLog();
  expect(await totals()).toEqual(gap);
  await world.enqueue([third(hourMs, 3)]);
  await waitFor(totals, (value) => value["inFlight"] === 3);
  await world.enqueue([third(hourMs, 2)]);
  const whole = { ...gap, stored: 12, inFlight: 0, missingMessages: 0 };
  expect(await waitFor(totals, (value) => value["stored"] === 12)).toEqual(whole);
});

test("A40: what is missing longer than any queue keeps a message is suspected lost, until the logs forget it", async () => {
  const lostHour = nowHour - 16 * day;
  await world.enqueue([third(lostHour, 2, "lossy")]);
  const look = async () => (await ledger(lostHour, lostHour + hour))["totals"] as JsonObject;
  await waitFor(look, (value) => value["stored"] === 3);
  expect(await look()).toMatchObject({ received: 6, inFlight: 0, suspectedLost: 3, missingMessages: 1 });
  const oldHour = nowHour - 40 * day;
  await world.enqueue([third(oldHour, 2, "ancient")]);
  await waitFor(
    async () => (await world.read(`/v1/ledger?from=${iso(oldHour)}&to=${iso(oldHour + hour)}`)).body,
    (body) => {
      return (body["totals"] as JsonObject)["stored"] === 3;
    },
  );
  await world.publish();
  const old = await world.read(`/v1/ledger?from=${iso(oldHour)}&to=${iso(oldHour + hour)}`);
  expect(old.body["totals"]).toMatchObject({ received: 3, stored: 3, inFlight: 0, suspectedLost: null });
});

test("A40: events that came through the edge are in no more and no fewer counts than they should", async () => {
  const from = hourOf(Date.now());
  const before = (await ledger(from, from + 2 * hour))["totals"] as JsonObject;
  const bad = { type: "track", anonymousId: "v" };
  const events: Json[] = [track(ulid(1), Date.now()), track(ulid(2), Date.now()), bad];
  await world.post(events);
  await world.post(events);
  const look = async () => (await ledger(from, from + 2 * hour))["totals"] as JsonObject;
  const after = await waitFor(look, (value) => Number(value["rejected"]) >= Number(before["rejected"]) + 2);
  const grown = (name: string): number => Number(after[name]) - Number(before[name]);
  expect(["received", "stored", "duplicate", "rejected", "inFlight"].map(grown)).toEqual([6, 2, 2, 2, 0]);
  const one = await world.read(`/v1/ledger?from=${iso(from)}&to=${iso(from + hour)}&source=app`);
  expect(one.body).toMatchObject({ rows: [], totals: { received: 0 } });
});

test("A41: a question of the ledger that cannot be answered is refused with the parameter's name", async () => {
  const refusals = [
    ["", "from"],
    ["from=2026-11-01", "to"],
    ["from=2026-11-02&to=2026-11-01", "to"],
    ["from=2026-11-01T00:30:00Z&to=2026-11-02", "from"],
    ["from=2026-02-30&to=2026-03-02", "from"],
    ["from=2026-01-01&to=2026-03-01", "to"],
    ["from=2026-11-01&to=2026-11-02&from=2026-11-01", "from"],
    ["from=2026-11-01&to=2026-11-02&__proto__=1", "__proto__"],
  ];
  for (const [query, parameter] of refusals) {
    const reply = await world.read(`/v1/ledger?${query}`);
    expect(reply).toMatchObject({ status: 400, body: { parameter } });
  }
  expect((await world.read("/v1/ledger?from=2026-11-01&to=2026-11-02", "slr_guess")).status).toBe(401);
  expect((await world.admin("GET", "projects/none/ledger?from=2026-11-01&to=2026-11-02")).status).toBe(404);
});

test("A42: a receipt is pending, then stored with its file, and for another receipt a duplicate", async () => {
  const timeMs = nowHour - 7 * hour;
  const id = "11111111-1111-4111-8111-111111111111";
  const [first, second] = ["01KAG2X9YM0000000000000AAA", "01KAG2X9YM0000000000000BBB"];
  const ask = async (query: string) => (await world.read(`/v1/receipts/${id}?time=${iso(timeMs)}${query}`)).body;
  expect(await ask("")).toEqual({ messageId: id, status: "unknown", searchedAll: true });
  await world.enqueue([queueMessage([track(id, timeMs)], { receiptId: first, receivedAtMs: timeMs + 1000 })]);
  expect(
    await waitFor(
      () => ask(""),
      (body) => body["status"] !== "unknown",
    ),
  ).toMatchObject({ status: "pending" });
  await world.publish();
  const place = { receipt: first, index: 0, receivedAt: iso(timeMs + 1000), source: "web", keyKind: "public" };
  const stored = await ask("");
  expect(stored).toMatchObject({ status: "stored", time: iso(timeMs), ...place });
  expect(await world.lake.get(String(stored["file"]))).not.toBeNull();
  expect(await ask(`&receipt=${first}`)).toMatchObject({ status: "stored" });
  expect(await ask(`&receipt=${second}`)).toMatchObject({ status: "duplicate", receipt: second, of: place });
  expect(await ask("&keyKind=server")).toMatchObject({ status: "unknown" });
});

test("A42: a rejected event says why, by its own id or by its receipt and index", async () => {
  const receivedAtMs = Date.now();
  const events = [{ type: "track", messageId: ulid(31), anonymousId: "v" }, { type: "page" }];
  await world.post(events);
  await waitFor(
    async () => (await ledger(hourOf(receivedAtMs), nowHour + 2 * hour))["unpublished"],
    (rows) => Number(rows) >= 2,
  );
  await world.publish();
  const reply = await world.read(`/v1/receipts/${ulid(31)}?time=${iso(receivedAtMs)}`);
  expect(reply.body).toMatchObject({ status: "rejected", reason: "missing_event_name", field: "event", index: 0 });
  const receipt = String(reply.body["receipt"]);
  const other = await world.read(`/v1/receipts/${receipt}-1`);
  expect(other.body).toMatchObject({ status: "rejected", reason: "missing_identity", index: 1, receipt });
});

test("A43: a receipt that cannot be looked up is refused with the parameter's name, and foreign tokens see nothing", async () => {
  const refusals = [
    ["22222222-2222-4222-8222-222222222222", "time"],
    ["m?time=yesterday", "time"],
    ["m?receipt=short", "receipt"],
    ["m?time=2026-11-01T00:00:00Z&keyKind=admin", "keyKind"],
    ["m?time=2026-11-01T00:00:00Z&x=1", "x"],
    [`${"m".repeat(101)}?time=2026-11-01T00:00:00Z`, "messageId"],
  ];
  for (const [path, parameter] of refusals) {
    expect(await world.read(`/v1/receipts/${path}`)).toMatchObject({ status: 400, body: { parameter } });
  }
  expect((await world.read(`/v1/receipts/${ulid(1)}`, "slr_guess")).status).toBe(401);
  const hostile = encodeURIComponent("../__proto__'\"\u0000");
  expect((await world.read(`/v1/receipts/${hostile}?time=2026-11-01T00:00:00Z`)).body["status"]).toBe("unknown");
});

/** All steps of a job; the sums of its outcomes. */
async function runJob(path: string, body: object): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  let cursor: Json = null;
  do {
    const reply = await world.admin("POST", path, { ...body, ...(cursor === null ? {} : { cursor }) });
    if (reply.status !== 200) throw new Error(JSON.stringify(reply));
    const counts = (reply.body["outcomes"] ?? reply.body) as JsonObject;
    for (const [name, value] of Object.entries(counts)) {
      if (typeof value === "number") sums[name] = (sums[name] ?? 0) + value;
    }
    cursor = reply.body["cursor"] ?? null;
  } while (cursor !== null);
  return sums;
}

test("A44: rejected events are mended by a rule and stored under their own ids, time and hour, once however often it is done", async () => {
  const receivedAtMs = nowHour - 10 * day;
  const range = { from: iso(receivedAtMs), to: iso(receivedAtMs + hour) };
  const events = [
    { type: "track", name: "Renamed", messageId: "fix-1", anonymousId: "v", timestamp: iso(receivedAtMs - 3 * hour) },
    { type: "track", name: "Nameless", anonymousId: "v" },
    { type: "track", name: "Unfixable", messageId: "fix-3" },
  ];
  const rejected = [0, 1, 2].map((index) => ({
    index,
    reason: "missing_event_name" as const,
    field: "event",
    message: "",
  }));
  const message = queueMessage(events, {
    receiptId: ulid(44),
    receivedAtMs,
    sentAtMs: receivedAtMs - 2 * hour,
    rejected,
  });
  await world.enqueue([message]);
  const totals = async () => (await ledger(receivedAtMs, receivedAtMs + hour))["totals"] as JsonObject;
  await waitFor(totals, (value) => value["rejected"] === 3);
  await world.publish();
  const path = `projects/${world.project}/redrive`;
  const rule = { steps: [{ rename: { from: "name", to: "event" } }] };
  expect(await runJob(path, { ...range, dryRun: true })).toEqual({ still_missing_event_name: 3 });
  const outcomes = { redriven: 2, still_missing_identity: 1 };
  expect(await runJob(path, { ...range, rule, dryRun: true })).toEqual(outcomes);
  expect(await totals()).toMatchObject({ received: 3, stored: 0 });
  expect(await runJob(path, { ...range, rule, reason: "unknown_type" })).toEqual({});
  expect(await runJob(path, { ...range, rule })).toEqual(outcomes);
  await waitFor(totals, (value) => value["stored"] === 2);
  await world.publish();
  const ask = async (id: string) =>
    (await world.read(`/v1/receipts/${id}?time=${iso(receivedAtMs)}&receipt=${ulid(44)}`)).body;
  // The batch's clock was two hours behind: the event is filed where it would have been.
  expect(await ask("fix-1")).toMatchObject({
    status: "stored",
    time: iso(receivedAtMs - hour),
    receivedAt: iso(receivedAtMs),
  });
  expect(await ask(`${ulid(44)}-1`)).toMatchObject({ status: "stored", receipt: ulid(44), index: 1 });
  const once = await ask("fix-1");
  expect(await runJob(path, { ...range, rule })).toEqual(outcomes);
  const later = queueMessage([track("later", receivedAtMs)], { receiptId: ulid(45), receivedAtMs });
  await world.enqueue([later]);
  await waitFor(totals, (value) => value["stored"] === 3);
  expect(await totals()).toMatchObject({ received: 6, stored: 3, duplicate: 0, rejected: 3, inFlight: 0 });
  await world.publish();
  expect(await ask("fix-1")).toEqual(once);
});

test("A45: a re-drive that makes no sense is refused with the field's name, and sends nothing", async () => {
  const range = { from: "2026-11-01", to: "2026-11-02" };
  const refusals: [object, string][] = [
    [{}, "from"],
    [{ from: "2026-11-01" }, "to"],
    [{ ...range, reason: "toString" }, "reason"],
    [{ ...range, rule: [] }, "rule"],
    [{ ...range, rule: { steps: [{ rename: { from: "a" } }] } }, "rule.steps[0].rename.to"],
    [{ ...range, dryRun: "no" }, "dryRun"],
    [{ ...range, cursor: "x" }, "cursor"],
    [
      {
        ...range,
        cursor: btoa(JSON.stringify(["events/project=other/dt=2026-11-01/hour=00/part-00000-0000.parquet", "e", 0])),
      },
      "cursor",
    ],
    [{ ...range, rules: {} }, "rules"],
  ];
  for (const [body, parameter] of refusals) {
    expect(await world.admin("POST", `projects/${world.project}/redrive`, body)).toMatchObject({
      status: 400,
      body: { parameter },
    });
  }
  expect((await world.admin("POST", "projects/none/redrive", range)).status).toBe(404);
});

test("A46: dead letters are listed, sent again byte for byte, and leave when the queue has them", async () => {
  const receivedAtMs = nowHour - 9 * hour;
  const bytes = queueMessage([track("dead-1", receivedAtMs)], { receiptId: ulid(46), receivedAtMs });
  const put = (name: string, value: Uint8Array | string, reason: string, format: string) =>
    world.lake.put(`dead/sluice-events-dlq/${name}`, value, {
      customMetadata: { reason, format, attempts: "101", sent: iso(receivedAtMs) },
    });
  await put("a", bytes, "retries_exhausted", "bytes");
  await put("b", bytes, "retries_exhausted", "bytes");
  await put("c", '"text"', "not_bytes", "json");
  const list = async () => (await world.admin("GET", "dead")).body["letters"] as JsonObject[];
  expect((await list()).map(({ reason }) => reason)).toEqual(["retries_exhausted", "retries_exhausted", "not_bytes"]);
  expect((await world.admin("POST", "dead/redrive", { reason: "corrupt" })).body).toMatchObject({ redriven: 0 });
  expect((await world.admin("POST", "dead/redrive", {})).body).toEqual({ redriven: 2, notRedrivable: 1, cursor: null });
  const totals = async () => (await ledger(receivedAtMs, receivedAtMs + hour))["totals"] as JsonObject;
  await waitFor(totals, (value) => value["stored"] === 1);
  expect(await totals()).toMatchObject({ received: 1, stored: 1, duplicate: 0 });
  expect((await list()).map(({ reason }) => reason)).toEqual(["not_bytes"]);
  for (const body of [{ reason: 1 }, { cursor: "events/" }]) {
    expect((await world.admin("POST", "dead/redrive", body)).status).toBe(400);
  }
});

test("A47: a range of the lake is replayed into a queue, whole, in steps that may be repeated", async () => {
  const fromMs = nowHour - 100 * day;
  const ids = Array.from({ length: 2_500 }, (_, i) => `replay-${String(i).padStart(4, "0")}`);
  const events = ids.map((id, i) => track(id, fromMs + (i % 3) * hour));
  const size = 500;
  const messages = Array.from({ length: ids.length / size }, (_, i) =>
    queueMessage(events.slice(i * size, (i + 1) * size), {
      receiptId: `r-${i}`,
      receivedAtMs: fromMs + 3 * hour,
      keyKind: "server",
    }),
  );
  await world.enqueue(messages);
  await waitFor(
    async () => (await ledger(fromMs, fromMs + day))["totals"] as JsonObject,
    (value) => value["stored"] === ids.length,
  );
  await world.publish();
  const path = `projects/${world.project}/replay`;
  const range = { from: iso(fromMs), to: iso(fromMs + 2 * hour) };
  const inRange = ids.filter((_, i) => i % 3 < 2);
  const first = await world.admin("POST", path, range);
  expect(first.body["cursor"]).not.toBeNull();
  const { rows } = await runJob(path, range);
  expect(rows).toBe(inRange.length);
  const replayed = await waitFor(replayedIds, (found) => new Set(found).size === inRange.length);
  expect(replayed.toSorted()).toEqual(inRange);
  expect(await world.admin("POST", path, { ...range, dataset: "marts" })).toMatchObject({
    status: 400,
    body: { parameter: "dataset" },
  });
});

/** Message ids of the rows that the replay's consumer keeps. */
async function replayedIds(): Promise<string[]> {
  const found: string[] = [];
  for (const { key } of (await world.lake.list({ prefix: "replayed/" })).objects) {
    const message = JSON.parse((await (await world.lake.get(key))?.text()) ?? "{}") as JsonObject;
    expect(message).toMatchObject({ format: "sluice-replay", version: 1, dataset: "events", project: world.project });
    for (const row of message["rows"] as JsonObject[]) found.push(String(row["message_id"]));
  }
  return found;
}
