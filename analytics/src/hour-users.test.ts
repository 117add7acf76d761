import { expect, test } from "vitest";
import { eventsOf, rowFrom } from "../testing/rows.ts";
import { dayMs, dayOf } from "./day.ts";
import { allCell } from "./cells.ts";
import { grouped } from "./grouped.ts";
import { HourUsers } from "./hour-users.ts";
import { AliasedIds, canonicalUser, keepEarliest, type Link, linkOf } from "./identity.ts";
import { periodsAsked } from "./period.ts";
import { LocalDays } from "./time-zone.ts";
import { UserFold } from "./user-fold.ts";

test("A167: active users by hour equal a recount by brute force, in zones of quarter hours and where a clock shows an hour twice", () => {
  // The day on which Berlin's clocks are set back, and its neighbours.
  const firstMs = Date.UTC(2026, 9, 24);
  const rows = eventsOf(31, 900).map((event, index) => ({
    ...rowFrom(event),
    time: firstMs + (((index * 7919) % (3 * 96)) * 900_000 + (index % 2) * 899_999),
  }));
  const identities = { links: new Map<string, Link>(), aliases: new AliasedIds() };
  for (const row of rows) {
    const link = linkOf(row);
    if (link?.isAlias === true) identities.aliases.join(link.anonymousId, link.userId);
    else if (link !== null) keepEarliest(identities.links, link);
  }
  for (const zone of ["Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"]) {
    const local = new LocalDays(zone);
    const day = Date.UTC(2026, 9, 25) / dayMs;
    const hours = periodsAsked({ fromDay: day, toDay: day + 1, interval: "hour" }, local);
    expect(hours.length).toBe(zone === "Europe/Berlin" ? 25 : 24);
    for (const includesBots of [false, true]) {
      const counted = new HourUsers(hours, { local, includesBots, currency: "EUR" });
      for (const [startMs, own] of grouped(rows, ({ time }) => dayOf(time))) {
        const fold = new UserFold({ index: 0, count: 1 });
        for (const row of own) fold.add(row);
        const ids = [...fold.users()].filter(({ cell }) => cell === allCell);
        counted.add(startMs, ids, identities);
      }
      const expected = hours.map(({ fromMs, toMs }) => {
        const active = rows.filter(({ time, type, is_bot: isBot }) => {
          return (
            time >= fromMs && time < toMs && ["track", "page", "screen"].includes(type) && (includesBots || !isBot)
          );
        });
        const users = active.map(({ user_id: userId, anonymous_id: anonymousId }) =>
          canonicalUser({ userId, anonymousId }, local.startMs(day + 31), identities.links, identities.aliases),
        );
        return [fromMs, new Set(users.filter((user) => user !== null)).size];
      });
      expect([...counted.counts()], zone).toEqual(expected);
      expect(counted.held).toBeGreaterThan(20);
    }
  }
});
