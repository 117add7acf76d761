import { describe, expect, test } from "vitest";
import { createDevice } from "../testing/device.ts";
import type { StoredEvent } from "./ports.ts";

describe("delivery", () => {
  test("S3: events leave at 100, or after the interval, in their order", async () => {
    const device = createDevice();
    device.track(99);
    await device.time.advance(1900);
    expect(device.server.requests).toHaveLength(0);
    const ids = device.track(1);
    await device.time.advance(100);
    expect(device.server.requests.map((request) => request.ids.length)).toEqual([100]);
    expect(device.server.requests[0]?.ids.at(-1)).toBe(ids[0]);
    device.track(3);
    await device.time.advance(2100);
    expect(device.server.requests.map((request) => request.ids.length)).toEqual([100, 3]);
    expect(device.server.stored.size).toBe(103);
  });

  test("S4: a server that answers 503 for ten minutes loses no event, and no event is stored twice", async () => {
    const device = createDevice({ flushAt: 20 });
    const startMs = device.time.nowMs;
    device.server.fate = () => (device.time.nowMs < startMs + 600_000 ? { status: 503 } : "ok");
    for (let i = 0; i < 100; i++) {
      device.track(3);
      await device.time.advance(7000);
    }
    await device.time.advance(120_000);
    expect(device.server.stored.size).toBe(300);
    expect(device.results.filter((result) => result.outcome === "delivered")).toHaveLength(300);
    expect(new Set(device.results.map((result) => result.messageId)).size).toBe(300);
    expect(device.server.requests.length).toBeLessThan(80);
  });

  test("S5: when the answer is lost after acceptance, the same ids are sent again", async () => {
    const device = createDevice();
    device.server.fate = (_, index) => (index < 2 ? "reply lost" : "ok");
    const ids = device.track(4);
    const report = device.engine.flush(60_000);
    await device.time.advance(60_000);
    expect(device.server.requests.map((request) => request.ids)).toEqual([ids, ids, ids]);
    expect((await report).delivered.map((result) => result.messageId)).toEqual(ids);
    expect(device.server.stored.size).toBe(4);
  });

  test.each([413, 400])("S6: %i splits the batch until only the event at fault is dropped", async (status) => {
    const device = createDevice();
    const ids = device.track(9);
    const bad = ids[6] ?? "";
    device.server.fate = (request) => (request.ids.includes(bad) ? { status } : "ok");
    const report = device.engine.flush(60_000);
    await device.time.advance(60_000);
    const { delivered, dropped } = await report;
    expect(delivered.map((result) => result.messageId)).toEqual(ids.filter((id) => id !== bad));
    expect(dropped).toEqual([{ outcome: "dropped", messageId: bad, reason: `http_${status}` }]);
  });

  test("S7: nothing is sent before a Retry-After is over, not even on wake", async () => {
    const device = createDevice();
    const startMs = device.time.nowMs;
    device.server.fate = (_, index) => (index === 0 ? { status: 429, retryAfter: "30" } : "ok");
    device.track(1);
    void device.engine.flush(60_000);
    await device.time.advance(5000);
    device.engine.wake();
    device.track(200);
    await device.time.advance(60_000);
    expect(device.server.requests[1]?.atMs).toBeGreaterThanOrEqual(startMs + 30_000);
    expect(device.server.requests[1]?.atMs).toBeLessThanOrEqual(startMs + 31_200);
    expect(device.retries).toMatchObject([{ status: 429, events: 1 }]);
    expect(device.server.stored.size).toBe(201);
  });

  test("S8: without Retry-After a wake ends the pause", async () => {
    const device = createDevice({}, { random: (bytes) => bytes.fill(255) });
    device.server.fate = (_, index) => (index < 5 ? "request lost" : "ok");
    device.track(1);
    await device.time.advance(20_000); // the fifth attempt fails at about 17 s, and the next pause is 16 s
    expect(device.server.requests).toHaveLength(5);
    device.engine.wake();
    await device.time.advance(100);
    expect(device.server.stored.size).toBe(1);
  });

  test("S9: a refused batch is dropped with its status and does not hold up the next", async () => {
    const device = createDevice({ flushAt: 2 });
    device.server.fate = (_, index) => (index === 0 ? { status: 401, body: "{}" } : "ok");
    const ids = device.track(4);
    await device.time.advance(1000);
    expect(device.results).toEqual([
      { outcome: "dropped", messageId: ids[0], reason: "http_401" },
      { outcome: "dropped", messageId: ids[1], reason: "http_401" },
      { outcome: "delivered", messageId: ids[2] },
      { outcome: "delivered", messageId: ids[3] },
    ]);
  });

  test("S16: 200 without success is no success: the batch is sent again", async () => {
    const device = createDevice();
    const bodies = ["<html>Welcome to the hotel</html>", "", "null", '{"success":false}', '{"success":"true"}'];
    device.server.fate = (_, index) => (index < bodies.length ? { status: 200, body: bodies[index] ?? "" } : "ok");
    const ids = device.track(2);
    await device.time.advance(120_000);
    expect(device.server.requests).toHaveLength(bodies.length + 1);
    expect([...device.server.stored.keys()]).toEqual(ids);
  });

  test("S11: the server's refusals are reported with their reason, neighbours as delivered", async () => {
    const device = createDevice();
    const [good] = device.track(1);
    const { messageId: bad } = device.engine.enqueue("track", { anonymousId: "a" } as never);
    const report = device.engine.flush(1000);
    await device.time.advance(1000);
    const { delivered, rejected } = await report;
    expect(delivered).toEqual([{ outcome: "delivered", messageId: good }]);
    expect(rejected).toMatchObject([
      { outcome: "rejected", messageId: bad, reason: "missing_event_name", field: "event" },
    ]);
  });
});

describe("queue", () => {
  test("S10: a full queue drops the new event and says so; what it took is delivered", async () => {
    const device = createDevice({ maxQueueEvents: 50 });
    device.server.fate = () => "request lost";
    const ids = device.track(60);
    await device.time.advance(1000);
    expect(device.results).toHaveLength(10);
    expect(device.results[0]).toEqual({ outcome: "dropped", messageId: ids[50], reason: "queue_full" });
    device.server.fate = () => "ok";
    await device.time.advance(120_000);
    expect([...device.server.stored.keys()]).toEqual(ids.slice(0, 50));
  });

  test("S10: the queue is bounded in bytes too", () => {
    const device = createDevice({ maxQueueBytes: 10_000 });
    device.server.fate = () => "request lost";
    device.track(1000);
    const taken = 1000 - device.results.length;
    expect(taken).toBeGreaterThan(10);
    expect(taken).toBeLessThan(100);
  });

  test("S10: an event over 32 KiB, or one that is no JSON, is dropped alone and never throws", async () => {
    const device = createDevice();
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    const calls = [{ properties: { text: "x".repeat(40_000) } }, { properties: cycle }, { properties: { n: 1n } }];
    for (const call of calls) expect(device.engine.enqueue("track", call as never).stored).toBeUndefined();
    const report = device.engine.flush(1000);
    await device.time.advance(1000);
    const reasons = (await report).dropped.map((result) => result.reason);
    expect(reasons).toEqual(["event_too_large", "invalid_event", "invalid_event"]);
    expect(device.server.requests).toHaveLength(0);
  });

  test("S3: a batch stays under its bytes", async () => {
    const device = createDevice({ maxBatchBytes: 5000 });
    device.track(90);
    await device.time.advance(10_000);
    expect(device.server.stored.size).toBe(90);
    expect(Math.max(...device.server.requests.map((request) => request.bytes))).toBeLessThanOrEqual(5000);
  });

  test("S18: up to maxInFlight batches fly at once, one until the clock is known", async () => {
    const device = createDevice({ flushAt: 10, maxInFlight: 4 });
    device.server.delayMs = () => 1000;
    device.track(100);
    const counts: number[] = [];
    for (let i = 0; i < 4; i++) {
      await device.time.advance(1001);
      counts.push(device.server.requests.length);
    }
    expect(counts).toEqual([1, 1, 5, 5]);
    await device.time.advance(20_000);
    expect(device.server.stored.size).toBe(100);
  });
});

describe("flush and close", () => {
  test("S11: flush waits for what was taken before it, each event in exactly one list", async () => {
    const device = createDevice({ flushAt: 5 });
    device.server.fate = (_, index) => (index === 1 ? { status: 403 } : "ok");
    const before = device.track(12);
    const report = device.engine.flush(60_000);
    device.track(3);
    await device.time.advance(300);
    const { delivered, dropped, kept } = await report;
    expect([...delivered, ...dropped].map((result) => result.messageId).sort()).toEqual(before);
    expect([dropped.length, kept.length]).toEqual([5, 0]);
  });

  test("S11: what cannot be settled in time is kept, and delivered later", async () => {
    const device = createDevice();
    device.server.fate = () => "request lost";
    const ids = device.track(3);
    const report = device.engine.flush(5000);
    await device.time.advance(5001);
    expect((await report).kept.map((result) => result.messageId)).toEqual(ids);
    device.server.fate = () => "ok";
    await device.time.advance(120_000);
    expect(device.server.stored.size).toBe(3);
  });

  test("S11: a flush of nothing resolves at once", async () => {
    const report = await createDevice().engine.flush(60_000);
    expect(report).toEqual({ delivered: [], rejected: [], dropped: [], kept: [] });
  });

  test("S11: close drops what is left as closed, and later calls too", async () => {
    const device = createDevice();
    device.server.fate = () => "request lost";
    const report = device.engine.flush(60_000);
    const ids = device.track(3);
    const later = device.engine.flush(60_000);
    device.engine.close();
    await device.time.advance(100);
    expect((await report).kept).toEqual([]);
    expect((await later).dropped.map((result) => [result.messageId, result.reason])).toEqual(
      ids.map((id) => [id, "closed"]),
    );
    device.track(1);
    expect((await device.engine.flush(60_000)).dropped).toHaveLength(1);
    const sent = device.server.requests.length;
    await device.time.advance(600_000);
    expect(device.server.requests.length).toBe(sent);
  });
});

describe("store", () => {
  function memoryStore() {
    const events = new Map<string, StoredEvent>();
    const store = {
      append: (event: StoredEvent) => events.set(event.messageId, event).size > 0,
      remove: (ids: readonly string[]) => ids.forEach((id) => events.delete(id)),
    };
    return { events, store };
  }

  test("S14: an event is stored at the call and removed only when it is settled", async () => {
    const { events, store } = memoryStore();
    const device = createDevice({}, { store });
    device.server.fate = (_, index) => (index === 0 ? "reply lost" : "ok");
    const ids = device.track(2);
    await device.time.advance(2030);
    expect(device.server.stored.size).toBe(2);
    expect([...events.keys()]).toEqual(ids);
    await device.time.advance(60_000);
    expect(events.size).toBe(0);
  });

  test("S14: a closed engine leaves its events in the store, and the next one sends them first", async () => {
    const { events, store } = memoryStore();
    const first = createDevice({}, { store });
    first.server.fate = () => "request lost";
    const ids = first.track(2);
    const flush = first.engine.flush(60_000);
    first.engine.close();
    expect((await flush).kept.map((result) => result.messageId)).toEqual(ids);

    const second = createDevice({}, { store, seed: 2, restored: [...events.values()] });
    const later = second.track(1);
    await second.time.advance(5000);
    expect([...second.server.stored.keys()]).toEqual([...ids, ...later]);
    expect(events.size).toBe(0);
  });

  test("S15: leaving sends at once within the given bytes, past pauses, and keeps what is not confirmed", async () => {
    const device = createDevice({ flushAt: 10 });
    device.track(1);
    await device.time.advance(10_000); // the clock is known
    device.server.fate = (_, index) => (index === 1 ? "request lost" : "ok");
    device.track(40);
    await device.time.advance(30);
    device.engine.flushUrgently(4000);
    await device.time.advance(25);
    const urgent = device.server.requests.slice(2);
    expect(urgent.length).toBeGreaterThan(0);
    expect(urgent.reduce((sum, request) => sum + request.bytes, 0)).toBeLessThanOrEqual(4000);
    await device.time.advance(120_000);
    expect(device.server.stored.size).toBe(41);
  });
});
