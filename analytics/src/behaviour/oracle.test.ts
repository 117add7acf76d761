import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { encodeEvents, type Row } from "@sluice/lake";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { populationOf } from "../../testing/population.ts";
import { randomOf, shuffled } from "../../testing/rows.ts";
import { parseDay, dayMs } from "../day.ts";
import { AliasedIds, keepEarliest, type Link, linkOf } from "../identity.ts";
import { LocalDays } from "../time-zone.ts";
import type { Identities } from "../user-count.ts";
import type { Slice } from "../user-fold.ts";
import { type AttributedItem, AttributionFold, type Credit } from "./attribution.ts";
import type { EventName } from "./event-name.ts";
import { ExperimentFold } from "./experiment.ts";
import { type Funnel, FunnelFold } from "./funnel.ts";
import { LifetimeValueFold } from "./lifetime-value.ts";
import {
  attributionSql,
  experimentSql,
  funnelSql,
  lifetimeValueSql,
  pathSql,
  retentionSql,
  sessionSql,
  type SqlRange,
} from "./oracle-sql.ts";
import { PathFold } from "./paths.ts";
import type { Periods } from "../period.ts";
import { RetentionFold, type RetentionMode } from "./retention.ts";
import { type DeviceStep, isOnDevice, sessionOf, sessionRuns } from "./session.ts";
import { SessionFold } from "./session-kpis.ts";
import { type Step, stepOf } from "./step.ts";
import { type UserOf, usersBy } from "./user.ts";
import { halvesOf, type KeyedFold, UserPass } from "./user-pass.ts";

const zones = ["UTC", "Asia/Kathmandu", "Europe/Berlin", "America/St_Johns"];
const kept = new Map([
  ["Experiment Viewed", ["experiment_id", "variation_id"]],
  ["Signed Up", ["plan"]],
]);
const order: EventName = { type: "track", name: "Order Completed" };
const folder = mkdtempSync(join(tmpdir(), "sluice-behaviour-"));
const rows = populationOf(20, 250, 45);
const steps = rows.flatMap((row) => stepOf(row, kept) ?? []);
const identities = identitiesOf(rows);
let query: (sql: string) => Promise<readonly Record<string, unknown>[]>;

beforeAll(async () => {
  const file = join(folder, "events.parquet");
  writeFileSync(file, encodeEvents(rows, { birthId: "b", logSequence: 1 }));
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run("SET TimeZone = 'America/New_York'");
  await connection.run(
    `CREATE VIEW events AS SELECT * REPLACE (coalesce(currency, 'EUR') AS currency) FROM read_parquet('${file}')`,
  );
  query = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(zones)("in %s", (zone) => {
  const range: SqlRange = { zone, from: "2026-03-11", to: "2026-04-14", interval: "day" };
  const weeks: SqlRange = { zone, from: "2026-03-09", to: "2026-04-13", interval: "week" };

  test("A80: sessions, duration, pages, bounces and time on page equal DuckDB's recount", async () => {
    for (const asked of [
      range,
      weeks,
      { ...weeks, from: "2026-03-01", to: "2026-05-01", interval: "month" } as const,
    ]) {
      const fold = new SessionFold(periodsOf(asked));
      for (const session of shuffled(sessions(), randomOf(3))) fold.add(session);
      const counted = fold
        .answer()
        .map((bucket) => [
          bucket.start,
          bucket.sessions,
          bucket.duration.numerator,
          bucket.pagesPerSession.numerator,
          bucket.bounceRate.numerator,
          bucket.timeOnPage.numerator,
          bucket.timeOnPage.denominator,
        ]);
      const expected = await query(sessionSql(asked));
      expect(expected.length).toBeGreaterThan(asked.interval === "month" ? 1 : 4);
      const columns = ["start", "sessions", "duration", "pages", "bounces", "page_ms", "pages_left"];
      expect(counted.filter(([, count]) => count !== 0)).toEqual(table(expected, columns));
    }
  });

  test("A82: a funnel's steps, conversion, times and segments equal DuckDB's recount", async () => {
    const page: EventName = { type: "page", name: "/pricing" };
    const funnels: Funnel[] = [
      { steps: [page, { type: "track", name: "Signed Up" }, order], windowMs: 7 * dayMs, breakdown: null },
      { steps: [{ type: "track", name: "Signed Up" }, order], windowMs: 3_600_000, breakdown: "plan" },
      { steps: [page, page, { type: "screen", name: "Cart" }], windowMs: 30 * dayMs, breakdown: null },
    ];
    for (const funnel of funnels) {
      for (const asked of [range, weeks]) {
        const answer = byUser(() => new FunnelFold(funnel, periodsOf(asked)), steps);
        const columns = ["start", "reached", "converted", "p50", "p90"];
        const counted = answer.filter(({ reached }) => reached[0] !== 0);
        const flat = counted.map((bucket) => [bucket.start, ...funnelValues(bucket)]);
        const expected = await query(funnelSql(funnel, asked, false));
        expect(expected.length).toBeGreaterThan(3);
        expect(flat).toEqual(table(expected, columns));
        if (funnel.breakdown === null) continue;
        const bySegment = answer.flatMap(({ start, segments }) => {
          return segments.map((segment) => [start, plain(segment.value), ...funnelValues(segment)]);
        });
        const segments = table(await query(funnelSql(funnel, asked, true)), ["start", "segment", ...columns.slice(1)]);
        expect(sorted(bySegment)).toEqual(sorted(segments));
      }
    }
  });

  test("A83: exact, unbounded and bounded retention by day and week equal DuckDB's recount", async () => {
    const modes: RetentionMode[] = [
      { kind: "exact", count: 8 },
      { kind: "unbounded", count: 8 },
      {
        kind: "bounded",
        ranges: [
          [1, 3],
          [4, 10],
          [0, 0],
        ],
      },
    ];
    for (const mode of modes) {
      for (const [cohortEvent, returnEvent] of [
        [null, null],
        [order, null],
        [null, order],
      ] as const) {
        for (const asked of [range, weeks]) {
          const question = { cohortEvent, returnEvent, mode };
          const periods = { ...periodsOf(asked), interval: asked.interval as "day" | "week" };
          const answer = byUser(() => new RetentionFold({ ...question, periods }), steps);
          const flat = answer.flatMap(({ start, users, retained }) => {
            return users === 0 ? [] : retained.map((count, n) => [start, users, n, count]);
          });
          const expected = await query(retentionSql(question, asked));
          expect(expected.length).toBeGreaterThan(3);
          expect(flat).toEqual(table(expected, ["start", "users", "n", "retained"]));
        }
      }
    }
  });

  test("A84: transitions within sessions equal DuckDB's recount", async () => {
    for (const by of ["page", "event"] as const) {
      const question = { by, from: null, to: null, limit: 1000, periods: periodsOf(range) };
      const devices = (step: Step): string | null => step.anonymous_id;
      const answer = folded(() => new PathFold(question), devices, steps.filter(isOnDevice));
      const expected = table(await query(pathSql(by, range)), ["origin", "target", "count"]);
      expect(expected.length).toBeGreaterThan(10);
      expect(sorted(answer.transitions.map(({ from, to, count }) => [from, to, count]))).toEqual(sorted(expected));
      expect(answer.total).toBe(answer.transitions.reduce((sum, { count }) => sum + count, 0));
    }
  });

  test("A85: users and conversions of an experiment's variants equal DuckDB's recount", async () => {
    const [fromMs, toMs] = [Date.UTC(2026, 2, 12), Date.UTC(2026, 3, 12)];
    const question = { id: "checkout", conversion: order, control: null, fromMs, toMs };
    const answer = byUser(() => new ExperimentFold(question), steps);
    const counted: unknown[][] = answer.variants.map(({ variant, users, converted }) => [variant, users, converted]);
    const expected = table(await query(experimentSql("checkout", order, zone, fromMs, toMs)), [
      "variant",
      "users",
      "converted",
    ]);
    const excluded = expected.find(([variant]) => variant === null);
    expect(counted.length).toBe(3);
    expect(answer.excludedUsers).toBe(excluded?.[1]);
    expect(counted).toEqual(expected.filter(([variant]) => variant !== null));
  });

  test("A86: first and last touches before conversions equal DuckDB's recount", async () => {
    const userOf = usersOf(zone);
    const touches: AttributedItem[] = sessions().map((session) => ({ kind: "touch", session }));
    const conversions = steps.filter((step) => step.type === order.type && step.name === order.name);
    const items: AttributedItem[] = [...touches, ...conversions.map((step) => ({ kind: "conversion", step }) as const)];
    const personOf = (item: AttributedItem): string | null =>
      item.kind === "touch"
        ? userOf(item.session.user_id, item.session.anonymous_id, item.session.start_time)
        : userOf(item.step.user_id, item.step.anonymous_id, item.step.time);
    const { firstTouch, lastTouch } = folded(() => new AttributionFold(periodsOf(range), "EUR"), personOf, items);
    const flat = [...creditRows("first", firstTouch), ...creditRows("last", lastTouch)];
    const expected = table(await query(attributionSql(order, range)), [
      "model",
      "s",
      "m",
      "c",
      "r",
      "currency",
      "conversions",
      "revenue",
    ]);
    const byChannel = new Map<string, unknown[]>();
    for (const [model, s, m, c, r, currency, count, revenue] of expected) {
      const key = JSON.stringify([model, s, m, c, r]);
      const entry = byChannel.get(key) ?? [model, s, m, c, r, 0, {}];
      entry[5] = Number(entry[5]) + Number(count);
      if (revenue !== null) Object.assign(entry[6] as object, { [String(currency)]: revenue });
      byChannel.set(key, entry);
    }
    expect(expected.length).toBeGreaterThan(10);
    expect(sorted(flat)).toEqual(sorted([...byChannel.values()]));
  });

  test("A87: lifetime value of cohorts equals DuckDB's recount", async () => {
    for (const asked of [range, { ...weeks, from: "2026-03-02" }]) {
      const answer = byUser(() => new LifetimeValueFold(periodsOf(asked), 20, "EUR"), steps);
      const flat = answer.flatMap(({ start, users, revenue }) =>
        Object.entries(revenue).flatMap(([currency, days]) =>
          days.map(({ total }, n) => [start, users, currency, n, total]),
        ),
      );
      const expected = table(await query(lifetimeValueSql(20, asked)), ["start", "users", "currency", "n", "total"]);
      expect(expected.length).toBeGreaterThan(20);
      expect(flat).toEqual(expected);
    }
  });

  /** Folds steps by user. */
  function byUser<State, Answer>(make: () => KeyedFold<Step, State, Answer>, some: readonly Step[]): Answer {
    const userOf = usersOf(zone);
    return folded(make, (step) => userOf(step.user_id, step.anonymous_id, step.time), some);
  }
});

/** Folds items in three orders and with three bounds of memory; the answers must be the same. */
function folded<Item, State, Answer>(
  make: () => KeyedFold<Item, State, Answer>,
  keyOf: (item: Item) => string | null,
  items: readonly Item[],
): Answer {
  const runs = [Number.POSITIVE_INFINITY, 400, 60].map((heldMax, index) => {
    const fold = make();
    const ordered = shuffled(items, randomOf(index));
    const pending: Slice[] = [{ index: 0, count: 1 }];
    for (let slice = pending.pop(); slice !== undefined; slice = pending.pop()) {
      const pass = new UserPass(fold, slice, heldMax);
      for (const item of ordered) {
        const key = keyOf(item);
        if (key !== null) pass.add(key, item);
      }
      if (pass.isOverfull && slice.count < 64) pending.push(...halvesOf(slice));
      else pass.end();
    }
    return fold.answer();
  });
  for (const run of runs) expect(run).toEqual(runs[0]);
  return runs[0] as Answer;
}

function sessions(): ReturnType<typeof sessionOf>[] {
  const byDevice = new Map<string, DeviceStep[]>();
  for (const step of shuffled(steps, randomOf(5))) {
    if (isOnDevice(step)) byDevice.set(step.anonymous_id, [...(byDevice.get(step.anonymous_id) ?? []), step]);
  }
  return [...byDevice.values()].flatMap((some) => sessionRuns(some).map(sessionOf));
}

function identitiesOf(some: readonly Row[]): Identities {
  const links = new Map<string, Link>();
  for (const row of some) {
    const link = linkOf(row);
    if (link !== null && !link.isAlias) keepEarliest(links, link);
  }
  return { links, aliases: new AliasedIds() };
}

function usersOf(zone: string): UserOf {
  return usersBy(new LocalDays(zone), identities);
}

function periodsOf({ zone, from, to, interval }: SqlRange): Periods {
  const day = (text: string): number => (parseDay(text) ?? 0) / dayMs;
  return { days: new LocalDays(zone), interval, fromDay: day(from), toDay: day(to) };
}

function funnelValues(counts: {
  reached: readonly number[];
  conversion: { numerator: number };
  timeToConvertMs: { p50: number | null; p90: number | null };
}): unknown[] {
  const { p50, p90 } = counts.timeToConvertMs;
  return [counts.reached, counts.conversion.numerator, p50, p90];
}

function creditRows(model: string, credits: readonly Credit[]): unknown[][] {
  return credits.map(({ channel, conversions, revenue }) => {
    const { source = null, medium = null, campaign = null, referrer = null } = channel ?? {};
    return [model, source, medium, campaign, referrer, conversions, revenue];
  });
}

/** DuckDB's rows by column; it writes integers as texts. */
function table(result: readonly Record<string, unknown>[], columns: readonly string[]): unknown[][] {
  return result.map((row) => columns.map((column) => plain(row[column])));
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
}

function sorted(lines: readonly unknown[][]): string[] {
  return lines.map((line) => JSON.stringify(line)).toSorted();
}
