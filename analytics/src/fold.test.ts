import { hourOf } from "@sluice/schema";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyEvent, firstDayMs, randomOf, rowFrom, shuffled } from "../testing/rows.ts";
import { allCell } from "./cells.ts";
import { dayMs } from "./day.ts";
import { DayFold } from "./fold.ts";
import { AliasedIds, keepEarliest, type Link } from "./identity.ts";
import { microsOf } from "./money.ts";
import { sumSlots } from "./slot-counts.ts";
import { LocalDays } from "./time-zone.ts";
import { DayUsers } from "./user-count.ts";
import { UserFold } from "./user-fold.ts";

const rowsArbitrary = fc
  .array(anyEvent, { minLength: 1, maxLength: 150, size: "max" })
  .map((events) => events.map((event, index) => rowFrom({ ...event, messageId: `m${(index * 31) % 17}-${index}` })));
type Rows = ReturnType<typeof rowFrom>[];

describe("counts and money of a day", () => {
  test("A8: equal a recount by brute force, in any order of the rows", () => {
    fc.assert(
      fc.property(rowsArbitrary, fc.nat(), (rows, seed) => {
        const fold = folded(rows);
        const named = (name: string) => rows.filter((row) => row.type === "track" && row.event === name);
        const counts = fold.counts();
        expect(counts.rows).toBe(rows.length);
        for (const [type, count] of counts.types)
          expect(sumSlots(count)).toBe(rows.filter((row) => row.type === type).length);
        for (const [name, count] of counts.events) expect(sumSlots(count)).toBe(named(name).length);
        const completed = named("Order Completed").filter((row) => row.currency === "EUR");
        const euro = fold.money().currencies.find((entry) => entry.currency === "EUR");
        expect(sumSlots(euro?.orders ?? [])).toBe(completed.length);
        const sum = completed.reduce((total, row) => total + (microsOf(row.revenue ?? "0") ?? 0n), 0n);
        const sums = (euro?.orderRevenue ?? []).filter((entry) => typeof entry === "string");
        expect(sums.reduce((total, text) => total + (microsOf(text) ?? 0n), 0n)).toBe(sum);
        const other = folded(shuffled(rows, randomOf(seed)));
        expect([other.counts(), other.names(), other.money()]).toEqual([counts, fold.names(), fold.money()]);
      }),
    );
  });

  test("A195: a day resumed from what was built before, with all events of its changed hours, is that of all its events", () => {
    const isLate = fc.func(fc.boolean());
    fc.assert(
      fc.property(rowsArbitrary, isLate, (all, late) => {
        const rows = all.filter(({ time }) => time < firstDayMs + dayMs);
        const before = rows.filter((row) => !late(row.message_id));
        const changed = new Set(rows.filter((row) => late(row.message_id)).map((row) => hourOf(row.time)));
        const isChanged = (quarter: number): boolean => changed.has(firstDayMs + Math.floor(quarter / 4) * 3_600_000);
        const added = rows.filter((row) => changed.has(hourOf(row.time)));
        const [fold, users] = [new DayFold(), new UserFold({ index: 0, count: 1 })];
        const [built, builtUsers] = [folded(before), new UserFold({ index: 0, count: 1 })];
        for (const row of before) builtUsers.add(row);
        expect(fold.resume(bodiesOf(built), isChanged)).toBe(true);
        users.resume([...builtUsers.users()], isChanged);
        users.resumeLinks(builtUsers.links());
        for (const row of added) {
          fold.add(row);
          users.add(row);
        }
        const whole = new UserFold({ index: 0, count: 1 });
        for (const row of rows) whole.add(row);
        expect(bodiesOf(fold)).toEqual(bodiesOf(folded(rows)));
        expect([[...users.users()], users.links()]).toEqual([[...whole.users()], whole.links()]);
      }),
    );
  });

  test("A195: a day of whose names not all were kept, or without rows, is not resumed", () => {
    const rows = ["a", "b"].map((event) => rowFrom({ type: "track", event, messageId: event, userId: "u" }));
    const few = new DayFold([], 1);
    for (const row of rows) few.add(row);
    expect(few.names().others).not.toEqual([]);
    expect(new DayFold().resume(bodiesOf(few), () => false)).toBe(false);
    expect(new DayFold().resume(new Map(), () => false)).toBe(false);
    expect(new DayFold(["country"]).resume(bodiesOf(folded(rows)), () => false)).toBe(false);
  });

  function bodiesOf(fold: DayFold): Map<string, string> {
    const bodies = { counts: fold.counts(), names: fold.names(), money: fold.money() };
    return new Map(Object.entries(bodies).map(([family, body]) => [family, JSON.stringify(body)]));
  }

  function folded(rows: Rows): DayFold {
    const fold = new DayFold();
    for (const row of rows) fold.add(row);
    return fold;
  }
});

describe("users of a day", () => {
  const zones = ["UTC", "Asia/Kathmandu", "America/New_York", "Europe/Berlin"] as const;

  test("A9: equal a recount by brute force of the definition, in any zone, whatever the order and the number of slices", () => {
    const zone = fc.constantFrom(...zones);
    fc.assert(
      fc.property(rowsArbitrary, fc.nat(), fc.integer({ min: 1, max: 4 }), zone, (rows, seed, slices, name) => {
        const counted = countByMarts(shuffled(rows, randomOf(seed)), slices, name);
        expect(counted).toEqual(countByBruteForce(rows, name));
      }),
      { numRuns: 200 },
    );
  });

  function localDay(zone: string, timeMs: number): number {
    return Date.parse(new Date(timeMs).toLocaleDateString("en-CA", { timeZone: zone })) / dayMs;
  }

  function countByBruteForce(rows: Rows, zone: string): Map<number, number> {
    const joined: [string, string][] = rows.flatMap((row) => {
      const isJoin =
        row.type === "alias" && row.key_kind === "server" && row.previous_id !== null && row.user_id !== null;
      return isJoin ? [[row.previous_id ?? "", row.user_id ?? ""] as [string, string]] : [];
    });
    const component = (id: string): string => {
      const ids = new Set([id]);
      for (let size = 0; size < ids.size;) {
        size = ids.size;
        for (const [a, b] of joined) if (ids.has(a) || ids.has(b)) ids.add(a).add(b);
      }
      return [...ids].toSorted()[0] ?? id;
    };
    const users = new Map<number, Set<string>>();
    for (const row of rows) {
      const day = localDay(zone, row.time);
      if (!["track", "page", "screen"].includes(row.type) || row.is_bot) continue;
      const links = rows
        .filter(
          (other) => other.type === "identify" && other.anonymous_id === row.anonymous_id && other.user_id !== null,
        )
        .toSorted((a, b) => a.time - b.time || (a.message_id < b.message_id ? -1 : 1));
      const link = row.anonymous_id === null ? undefined : links[0];
      const linked = link !== undefined && localDay(zone, link.time) <= day + 30 ? link.user_id : null;
      const user = component(row.user_id ?? linked ?? row.anonymous_id ?? "");
      users.set(day, (users.get(day) ?? new Set()).add(user));
    }
    return new Map([...users].map(([day, set]) => [day, set.size]));
  }

  /** As the roll-up does it: marts per UTC day in slices, then a count per slice of users from the marts alone. */
  function countByMarts(rows: Rows, count: number, zone: string): Map<number, number> {
    const days = new Set(rows.map((row) => Math.floor(row.time / dayMs) * dayMs));
    const marts = [...days].flatMap((day) =>
      Array.from({ length: count }, (_, index) => {
        const fold = new UserFold({ index, count });
        for (const row of rows) if (Math.floor(row.time / dayMs) * dayMs === day) fold.add(row);
        return { day, users: [...fold.users()].filter((user) => user.cell === allCell), links: fold.links() };
      }),
    );
    const links = new Map<string, Link>();
    const aliases = new AliasedIds();
    for (const link of marts.flatMap((mart) => mart.links)) {
      if (link.isAlias) aliases.join(link.anonymousId, link.userId);
      else keepEarliest(links, link);
    }
    const local = new LocalDays(zone);
    const sizes = new Map<number, number>();
    for (let index = 0; index < count; index++) {
      const users = new DayUsers({ local, includesBots: false, currency: "EUR" }, { index, count });
      for (const mart of marts) users.add(mart.day, mart.users, { links, aliases });
      for (const day of new Set([...days].flatMap((start) => local.piecesOf(start).map((piece) => piece.localDay)))) {
        const size = users.take(day).get(allCell)?.size ?? 0;
        if (size > 0) sizes.set(day, (sizes.get(day) ?? 0) + size);
      }
    }
    return sizes;
  }

  test("A9: an id is in a cell of the mart once, with its quarter hours, and in one slice only", () => {
    const at = (minutes: number) => new Date(firstDayMs + minutes * 60_000).toISOString();
    const order = { type: "track", event: "Order Completed", userId: "u" };
    const events = [
      { type: "page", userId: "u", anonymousId: "a", timestamp: at(0) },
      { ...order, timestamp: at(14), properties: { revenue: "10", currency: "EUR" } },
      { ...order, timestamp: at(1439), properties: { revenue: "0.5", currency: "EUR" } },
      { ...order, event: "Order Refunded", timestamp: at(15), properties: { revenue: "3", currency: "EUR" } },
      { type: "page", anonymousId: "a", timestamp: at(60) },
      { type: "track", event: "x", anonymousId: "a", timestamp: at(61) },
      { type: "group", anonymousId: "b", timestamp: at(0) },
    ];
    const users = [0, 1, 2].flatMap((index) => {
      const fold = new UserFold({ index, count: 3 });
      for (const event of events) fold.add(rowFrom({ ...event, messageId: "m" }));
      return [...fold.users()];
    });
    const u = { userId: "u", anonymousId: null, isBot: false, revenue: [] };
    const a = { userId: null, anonymousId: "a", isBot: false, revenue: [] };
    expect(users).toHaveLength(7);
    expect(users).toContainEqual({ ...u, cell: "all", quarters: [0b11, 0, 0, 1 << 23] });
    expect(users).toContainEqual({ ...u, cell: "event=Order Completed", quarters: [1, 0, 0, 1 << 23] });
    const revenue = [
      [0, "10.000000"],
      [1, "-3.000000"],
      [95, "0.500000"],
    ];
    expect(users).toContainEqual({ ...u, cell: "paid=EUR", quarters: [1, 0, 0, 1 << 23], revenue });
    expect(users).toContainEqual({ ...a, cell: "all", quarters: [0b10000, 0, 0, 0] });
    expect(users).toContainEqual({ ...a, cell: "event=x", quarters: [0b10000, 0, 0, 0] });
    expect(users).toContainEqual({ ...a, anonymousId: "b", cell: "all", quarters: [0, 0, 0, 0] });
  });

  test("A22: a fold with too many ids keeps a slice of them, the same in any order, and the others make the rest", () => {
    const at = new Date(firstDayMs).toISOString();
    const rows = Array.from({ length: 100 }, (_, i) =>
      rowFrom({ type: "page", anonymousId: `a${i}`, timestamp: at, messageId: `m${i}` }),
    );
    const foldOf = (some: Rows, idsMax: number, slice = { index: 0, count: 1 }): UserFold => {
      const fold = new UserFold(slice, idsMax);
      for (const row of some) fold.add(row);
      return fold;
    };
    expect(foldOf(rows, 100).slice).toEqual({ index: 0, count: 1 });
    const bounded = foldOf(rows, 10);
    const { count } = bounded.slice;
    expect(count).toBeGreaterThanOrEqual(8);
    expect([...bounded.users()].length).toBeLessThanOrEqual(10);
    expect(foldOf(rows.toReversed(), 10).slice).toEqual(bounded.slice);
    expect([...foldOf(rows.toReversed(), 10).users()]).toEqual([...bounded.users()]);
    const others = Array.from({ length: count - 1 }, (_, i) => [
      ...foldOf(rows, 1000, { index: i + 1, count }).users(),
    ]);
    const ids = [[...bounded.users()], ...others].flat().map((user) => user.anonymousId);
    expect(ids.toSorted()).toEqual(rows.map((row) => row.anonymous_id).toSorted());
  });
});
