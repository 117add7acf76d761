import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyEvent, firstDayMs, randomOf, rowFrom, shuffled } from "../testing/rows.ts";
import { dayMs } from "./day.ts";
import { DayFold } from "./fold.ts";
import { keepEarliest, type Link } from "./identity.ts";
import { microsOf } from "./money.ts";
import { addUsers } from "./user-count.ts";
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
        for (const [type, count] of counts.types) expect(count).toBe(rows.filter((row) => row.type === type).length);
        for (const [name, count] of counts.events) expect(count).toBe(named(name).length);
        const completed = named("Order Completed").filter((row) => row.currency === "EUR");
        const euro = fold.money().currencies.find((entry) => entry.currency === "EUR");
        expect(euro?.orders ?? 0).toBe(completed.length);
        const sum = completed.reduce((total, row) => total + (microsOf(row.revenue ?? "0") ?? 0n), 0n);
        expect(microsOf(euro?.orderRevenue ?? "0.000000")).toBe(sum);
        const other = folded(shuffled(rows, randomOf(seed)));
        expect([other.counts(), other.names(), other.money()]).toEqual([counts, fold.names(), fold.money()]);
      }),
    );
  });

  function folded(rows: Rows): DayFold {
    const fold = new DayFold();
    for (const row of rows) fold.add(row);
    return fold;
  }
});

describe("users of a day", () => {
  test("A9: equal a recount by brute force of the definition, whatever the order and the number of slices", () => {
    fc.assert(
      fc.property(rowsArbitrary, fc.nat(), fc.integer({ min: 1, max: 4 }), (rows, seed, slices) => {
        const counted = countByMarts(shuffled(rows, randomOf(seed)), slices);
        expect(counted).toEqual(countByBruteForce(rows));
      }),
      { numRuns: 300 },
    );
  });

  function countByBruteForce(rows: Rows): Map<number, number> {
    const users = new Map<number, Set<string>>();
    for (const row of rows) {
      const day = Math.floor(row.time / dayMs) * dayMs;
      if (!["track", "page", "screen"].includes(row.type) || row.is_bot) continue;
      const links = rows
        .filter(
          (other) => other.type === "identify" && other.anonymous_id === row.anonymous_id && other.user_id !== null,
        )
        .toSorted((a, b) => a.time - b.time || (a.message_id < b.message_id ? -1 : 1));
      const link = row.anonymous_id === null ? undefined : links[0];
      const linked = link !== undefined && link.time < day + dayMs + 30 * dayMs ? link.user_id : null;
      const user = row.user_id ?? linked ?? row.anonymous_id ?? "";
      users.set(day, (users.get(day) ?? new Set()).add(user));
    }
    return new Map([...users].map(([day, set]) => [day, set.size]));
  }

  /** As the roll-up does it: marts per day in slices, then a count per slice of users from the marts alone. */
  function countByMarts(rows: Rows, count: number): Map<number, number> {
    const days = new Set(rows.map((row) => Math.floor(row.time / dayMs) * dayMs));
    const marts = [...days].flatMap((day) =>
      Array.from({ length: count }, (_, index) => {
        const fold = new UserFold({ index, count });
        for (const row of rows) if (Math.floor(row.time / dayMs) * dayMs === day) fold.add(row);
        return { day, users: fold.users().filter((user) => user.events > 0), links: fold.links() };
      }),
    );
    const links = new Map<string, Link>();
    for (const mart of marts) for (const link of mart.links) keepEarliest(links, link);
    const sizes = new Map<number, number>();
    for (let index = 0; index < count; index++) {
      for (const day of days) {
        const set = new Set<string>();
        for (const mart of marts) if (mart.day === day) addUsers(set, mart.users, day, links, { index, count });
        if (set.size > 0) sizes.set(day, (sizes.get(day) ?? 0) + set.size);
      }
    }
    return sizes;
  }

  test("A9: an id is in the mart once, with its active events, and in one slice only", () => {
    const at = new Date(firstDayMs).toISOString();
    const events = [
      { type: "page", userId: "u", anonymousId: "a", timestamp: at },
      { type: "page", anonymousId: "a", timestamp: at },
      { type: "track", event: "x", anonymousId: "a", timestamp: at },
      { type: "group", anonymousId: "b", timestamp: at },
    ];
    const users = [0, 1, 2].flatMap((index) => {
      const fold = new UserFold({ index, count: 3 });
      for (const event of events) fold.add(rowFrom({ ...event, messageId: "m" }));
      return fold.users();
    });
    expect(users).toHaveLength(3);
    expect(users).toContainEqual({ userId: "u", anonymousId: null, events: 1 });
    expect(users).toContainEqual({ userId: null, anonymousId: "a", events: 2 });
    expect(users).toContainEqual({ userId: null, anonymousId: "b", events: 0 });
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
    expect(bounded.users().length).toBeLessThanOrEqual(10);
    expect(foldOf(rows.toReversed(), 10).slice).toEqual(bounded.slice);
    expect(foldOf(rows.toReversed(), 10).users()).toEqual(bounded.users());
    const others = Array.from({ length: count - 1 }, (_, i) => foldOf(rows, 1000, { index: i + 1, count }).users());
    const ids = [bounded.users(), ...others].flat().map((user) => user.anonymousId);
    expect(ids.toSorted()).toEqual(rows.map((row) => row.anonymous_id).toSorted());
  });
});
