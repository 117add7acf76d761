import { encodeEvents, partKey, type Row } from "@sluice/lake";
import { type HourChange, hourOf } from "@sluice/schema";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type AnalyticsHarness, startAnalytics, type TestBlock } from "../testing/harness.ts";
import { tokenOf } from "../testing/query-world.ts";
import { eventsOf, randomOf, rowFrom } from "../testing/rows.ts";
import { dayMs, dayOf, dayText } from "./day.ts";
import { DayFold } from "./fold.ts";
import { AliasedIds, canonicalUser, keepEarliest, type Link, linkOf } from "./identity.ts";
import type { KpiAnswer } from "./kpi-answer.ts";
import { firstOfMonth, firstOfWeek, nextPeriod } from "./local-period.ts";
import { LocalDays } from "./time-zone.ts";

const todayMs = dayOf(Date.now());

/** A log of one shard: takes rows in blocks, publishes hours up to a sequence, forgets blocks. */
class LiveLog {
  readonly rows: Row[] = [];
  readonly #worker: AnalyticsHarness;
  #blocks: TestBlock[] = [];
  readonly #changes = new Map<string, HourChange>();
  readonly #taken: { readonly sequence: number; readonly row: Row }[] = [];
  readonly #published = new Map<number, number>();
  #change = 0;
  droppedThrough = 0;
  birthId = "birth-1";

  constructor(worker: AnalyticsHarness) {
    this.#worker = worker;
  }

  get sequence(): number {
    return this.#taken.at(-1)?.sequence ?? 0;
  }

  async append(rows: readonly Row[]): Promise<void> {
    const sequence = this.sequence + 1;
    for (const hourMs of new Set(rows.map((row) => hourOf(row.time)))) {
      const own = rows.filter((row) => hourOf(row.time) === hourMs);
      this.#blocks.push({ sequence, takenAtMs: Date.now(), dataset: "events", hourMs, rows: own });
    }
    for (const row of rows) {
      this.rows.push(row);
      this.#taken.push({ sequence, row });
    }
    await this.tell();
  }

  /** Publishes one hour through a sequence; the part grows. */
  async publish(hourMs: number, through: number): Promise<void> {
    const taken = this.#taken.filter(({ sequence, row }) => sequence <= through && hourOf(row.time) === hourMs);
    const logSequence = taken.at(-1)?.sequence;
    if (logSequence === undefined || logSequence <= (this.#published.get(hourMs) ?? 0)) return; // a part only grows
    this.#published.set(hourMs, logSequence);
    const rows = taken.map(({ row }) => row);
    const key = partKey({ dataset: "events", project: "shop", shard: 0, part: 0, hourMs });
    const { etag } = await this.#worker.lake.put(key, encodeEvents(rows, { birthId: this.birthId, logSequence }));
    this.#change += 1;
    this.#changes.delete(key);
    this.#changes.set(key, {
      change: this.#change,
      dataset: "events",
      hourMs,
      key,
      etag,
      rows: rows.length,
      logSequence,
    });
    await this.tell();
  }

  async drop(through: number): Promise<void> {
    this.#blocks = this.#blocks.filter(({ sequence }) => sequence > through);
    this.droppedThrough = through;
    await this.tell();
  }

  async tell(isBroken = false): Promise<void> {
    const { birthId, droppedThrough } = this;
    const changes = [...this.#changes.values()];
    const outbox = {
      project: "shop",
      birthId,
      changes,
      pendingRows: 0,
      blocks: this.#blocks,
      droppedThrough,
      isBroken,
    };
    await this.#worker.fillOutbox(outbox);
  }
}

describe("live numbers on workerd", () => {
  let worker: AnalyticsHarness;
  let log: LiveLog;
  let token = "";
  beforeAll(async () => {
    worker = await startAnalytics({ LIVE_CACHE_SECONDS: "0" });
  });
  beforeEach(async () => {
    await worker.reset();
    await worker.admin("POST", "projects", { project: "shop" });
    token = await tokenOf(worker, "shop", ["kpis", "users"]);
    log = new LiveLog(worker);
  });
  afterAll(async () => worker.close());

  /** @param day local day in which the first hours of today lie in the zone. */
  async function kpis(zone = "UTC", day = todayMs): Promise<KpiAnswer> {
    const range = `from=${dayText(day)}&to=${dayText(day + dayMs)}&timezone=${zone}`;
    const path = `/v1/kpis?metrics=events,orders,revenue,dau,page_views&${range}`;
    const reply = await worker.fetch(path, { authorization: `Bearer ${token}` });
    expect(reply.status, reply.text).toBe(200);
    return reply.json() as KpiAnswer;
  }

  const zones = [
    ["UTC", todayMs],
    ["Asia/Kathmandu", todayMs],
    ["America/New_York", todayMs - dayMs],
  ] as const;

  test("A132: batch and live together equal the recount at every moment, while publishing and rolling up go on", async () => {
    const random = randomOf(5);
    const rows = rowsOfToday(300);
    let steps = 0;
    while (rows.length > 0 || steps < 40) {
      steps += 1;
      const choice = random();
      if (choice < 0.5) await log.append(rows.splice(0, 1 + Math.floor(random() * 20)));
      else if (choice < 0.75) {
        const hours = [...new Set(log.rows.map((row) => hourOf(row.time)))];
        for (const hour of hours)
          if (random() < 0.6) await log.publish(hour, Math.floor(random() * (log.sequence + 1)) || 1);
      } else if (choice < 0.9) await worker.scheduled();
      const [zone, day] = zones[steps % zones.length] ?? ["UTC", todayMs];
      const answer = await kpis(zone, day);
      expect([answer.live, valuesOf(answer)], `step ${steps}, ${zone}`).toEqual([true, recount(log.rows)]);
    }
    expect(log.rows).toHaveLength(300);
  }, 120_000);

  test("A165: users of weeks, months and trailing windows are one set of roll-up and live events, in any zone; who returned waits", async () => {
    const days = [-40, -29, -12, -6, -3, -1, 0];
    const rows = eventsOf(23, 420).map((event, index) => {
      const time = todayMs + (days[index % days.length] ?? 0) * dayMs + (index % 3) * 3_600_000 + index;
      return {
        ...rowFrom(event),
        time,
        user_id: index % 2 === 0 ? `u${index % 90}` : null,
        anonymous_id: `a${index % 70}`,
      };
    });
    const isLate = (row: Row): boolean => row.time >= todayMs && row.anonymous_id !== "a7";
    await log.append(rows.filter((row) => !isLate(row)));
    for (const hour of new Set(log.rows.map((row) => hourOf(row.time)))) await log.publish(hour, 1);
    await worker.scheduled();
    for (const isMore of [false, true]) {
      if (isMore) await log.append(rows.filter(isLate));
      for (const zone of ["UTC", "Asia/Kathmandu"]) {
        const local = new LocalDays(zone);
        const today = local.dayOf(todayMs + 3_600_000);
        const week = [firstOfWeek(today), nextPeriod("week", firstOfWeek(today))] as const;
        const month = [firstOfMonth(today), nextPeriod("month", firstOfMonth(today))] as const;
        const expected = {
          week: { active_users: usersBetween(log.rows, local, ...week) },
          month: { active_users: usersBetween(log.rows, local, ...month) },
          day: {
            dau: usersBetween(log.rows, local, today, today + 1),
            wau: usersBetween(log.rows, local, today - 6, today + 1),
            mau: usersBetween(log.rows, local, today - 29, today + 1),
          },
        };
        const ranges = { week, month, day: [today, today + 1] } as const;
        for (const interval of ["week", "month", "day"] as const) {
          const [from, to] = ranges[interval].map((day) => dayText(day * dayMs));
          const metrics = Object.keys(expected[interval]).join(",");
          const path = `/v1/kpis?metrics=${metrics}&interval=${interval}&from=${from}&to=${to}&timezone=${zone}`;
          const reply = await worker.fetch(path, { authorization: `Bearer ${token}` });
          const answer = reply.json() as KpiAnswer;
          expect([answer.live, valuesOf(answer)], `${path} ${isMore}`).toEqual([true, expected[interval]]);
        }
      }
    }
    const path = `/v1/kpis?metrics=mau,new_users&from=${dayText(todayMs)}&to=${dayText(todayMs + dayMs)}`;
    const answer = (await worker.fetch(path, { authorization: `Bearer ${token}` })).json() as KpiAnswer;
    expect([answer.metrics["mau"]?.live, answer.metrics["new_users"]?.live]).toEqual([true, false]);
  }, 60_000);

  test("A133: an answer is the roll-ups' alone, and says so by `live` and `asOf`, when the log dropped blocks that they lack", async () => {
    const [first, ...rest] = rowsOfToday(20);
    if (first === undefined) throw new Error("no rows");
    await log.append([first]);
    await log.publish(hourOf(first.time), 1);
    await worker.scheduled();
    await log.append(rest);
    for (const hour of new Set(rest.map((row) => hourOf(row.time)))) await log.publish(hour, 2);
    await log.drop(2);
    const answer = await kpis();
    expect([answer.live, valuesOf(answer)["events"]]).toEqual([false, 1]);
    expect(Date.parse(answer.asOf)).toBeLessThan(Date.now());
    await worker.scheduled();
    expect(valuesOf(await kpis())).toEqual(recount(log.rows));
  });

  test("A133: a broken log, and one that began anew, leave the roll-ups' numbers", async () => {
    const rows = rowsOfToday(10);
    await log.append(rows);
    for (const hour of new Set(rows.map((row) => hourOf(row.time)))) await log.publish(hour, 1);
    await worker.scheduled();
    await log.tell(true);
    expect([(await kpis()).live, valuesOf(await kpis())]).toEqual([false, recount(rows)]);
    log.birthId = "birth-2";
    await log.append(rowsOfToday(5));
    expect([(await kpis()).live, valuesOf(await kpis())]).toEqual([false, recount(rows)]);
  });

  test("A134: GET /v1/live counts events and active users of the last 30 minutes by minute, source and name", async () => {
    const receivedAt = Date.now() - 5 * 60_000;
    const rows = rowsOfToday(60).map((row, i) => ({ ...row, received_time: receivedAt - i * 60_000 }));
    await log.append(rows);
    const reply = await worker.fetch("/v1/live", { authorization: `Bearer ${token}` });
    const answer = reply.json() as {
      events: number;
      activeUsers: number;
      complete: boolean;
      minutes: { events: number }[];
    };
    expect(reply.status, reply.text).toBe(200);
    expect(answer.complete).toBe(true);
    expect(answer.minutes).toHaveLength(30);
    expect(answer.minutes.map(({ events }) => events)).toEqual([...Array<number>(25).fill(1), 0, 0, 0, 0, 0]);
    expect(answer.events).toBe(25);
    expect(answer.activeUsers).toBeGreaterThan(0);
    expect(reply.json()).toMatchObject({ bySource: [{ name: "web", events: 25 }] });
    expect((await worker.fetch("/v1/live")).status).toBe(401);
    expect((await worker.fetch("/v1/live?x=1", { authorization: `Bearer ${token}` })).status).toBe(400);
  });

  test("A135: GET /v1/live/events has the last events and rejects of a source, then those since its cursor", async () => {
    const rows = rowsOfToday(150).map((row, i) => ({ ...row, message_id: `m-${i}`, received_time: 1000 + i }));
    await log.append(rows);
    const ask = async (query: string): Promise<LiveEventsAnswer> => {
      const reply = await worker.fetch(`/v1/live/events${query}`, { authorization: `Bearer ${token}` });
      expect(reply.status, reply.text).toBe(200);
      return reply.json() as LiveEventsAnswer;
    };
    const first = await ask("");
    expect([first.events.length, first.leftOut, first.events.at(-1)?.["message_id"]]).toEqual([100, 50, "m-149"]);
    expect((await ask("?source=web&limit=3")).events.map((event) => event["message_id"])).toEqual([
      "m-147",
      "m-148",
      "m-149",
    ]);
    expect((await ask("?source=other")).events).toEqual([]);
    expect((await ask(`?after=${first.cursor}`)).events).toEqual([]);
    await log.append([{ ...rowFrom({ type: "page", anonymousId: "a", messageId: "late" }) }]);
    const next = await ask(`?after=${first.cursor}`);
    expect(next.events).toMatchObject([{ outcome: "stored", message_id: "late", type: "page" }]);
    for (const bad of ["?limit=0", "?limit=101", "?after=x", "?source=A B", "?foo=1"]) {
      const reply = await worker.fetch(`/v1/live/events${bad}`, { authorization: `Bearer ${token}` });
      expect(reply.status, bad).toBe(400);
    }
  });
});

interface LiveEventsAnswer {
  readonly events: readonly Record<string, unknown>[];
  readonly leftOut: number;
  readonly cursor: string;
}

/** Events on a few hours of today, with identifies among them. */
function rowsOfToday(count: number): Row[] {
  return eventsOf(17, count).map((event, index) => {
    const time = todayMs + (index % 3) * 3_600_000 + 1000 + index;
    return { ...rowFrom(event), time, received_time: Date.now() };
  });
}

/** Distinct active users of some local days, by the definition. */
function usersBetween(rows: readonly Row[], local: LocalDays, from: number, to: number): number {
  const links = new Map<string, Link>();
  const aliases = new AliasedIds();
  for (const row of rows) {
    const link = linkOf(row);
    if (link?.isAlias === true) aliases.join(link.anonymousId, link.userId);
    else if (link !== null) keepEarliest(links, link);
  }
  const users = new Set<string>();
  for (const { type, is_bot: isBot, time, user_id: userId, anonymous_id: anonymousId } of rows) {
    const day = local.dayOf(time);
    if (day < from || day >= to || isBot || !["track", "page", "screen"].includes(type)) continue;
    const user = canonicalUser({ userId, anonymousId }, local.startMs(day + 31), links, aliases);
    if (user !== null) users.add(user);
  }
  return users.size;
}

function valuesOf(answer: KpiAnswer): Record<string, unknown> {
  return Object.fromEntries(Object.entries(answer.metrics).map(([name, { buckets }]) => [name, buckets[0]?.value]));
}

/** The same numbers by their definitions, from all rows. */
function recount(rows: readonly Row[]): Record<string, unknown> {
  const fold = new DayFold();
  const links = new Map<string, Link>();
  const aliases = new AliasedIds();
  for (const row of rows) {
    fold.add(row);
    const link = linkOf(row);
    if (link?.isAlias === true) aliases.join(link.anonymousId, link.userId);
    else if (link !== null) keepEarliest(links, link);
  }
  const active = rows.filter((row) => ["track", "page", "screen"].includes(row.type) && !row.is_bot);
  const users = active.map(({ user_id: userId, anonymous_id: anonymousId }) => {
    return canonicalUser({ userId, anonymousId }, todayMs + 30 * dayMs, links, aliases);
  });
  const revenue = new Map<string, bigint>();
  let orders = 0;
  for (const row of rows) {
    if (row.type !== "track" || (row.event !== "Order Completed" && row.event !== "Order Refunded")) continue;
    const micros = BigInt((row.revenue ?? "0.000000").replace(".", "")) * (row.event === "Order Refunded" ? -1n : 1n);
    revenue.set(row.currency ?? "EUR", (revenue.get(row.currency ?? "EUR") ?? 0n) + micros);
    if (row.event === "Order Completed") orders += 1;
  }
  const money = [...revenue]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, micros]) => {
      const digits = String(micros < 0n ? -micros : micros).padStart(7, "0");
      return [currency, `${micros < 0n ? "-" : ""}${digits.slice(0, -6)}.${digits.slice(-6)}`];
    });
  return {
    events: rows.length,
    orders,
    revenue: Object.fromEntries(money) as object,
    dau: new Set(users.filter((user) => user !== null)).size,
    page_views: rows.filter(({ type }) => type === "page").length,
  };
}
