import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomOf, shuffled } from "../testing/rows.ts";
import { dayMs } from "./day.ts";
import {
  AliasedIds,
  canonicalUser,
  keepEarliest,
  type Link,
  type LinkingRow,
  linkOf,
  linkWindowDays,
  representative,
} from "./identity.ts";
import { LocalDays } from "./time-zone.ts";

const zone = new LocalDays("Asia/Kolkata");
const day = 20_000;

function identify(anonymousId: string, userId: string, timeMs: number, messageId = "m"): LinkingRow {
  return {
    type: "identify",
    user_id: userId,
    anonymous_id: anonymousId,
    previous_id: null,
    key_kind: "public",
    time: timeMs,
    message_id: messageId,
  };
}

function alias(previousId: string, userId: string, keyKind: string, anonymousId: string | null = null): LinkingRow {
  return {
    ...identify("", userId, 0),
    type: "alias",
    previous_id: previousId,
    anonymous_id: anonymousId,
    key_kind: keyKind,
  };
}

/** Who an anonymous or known visitor of a day is, after these events. */
function whoIs(ids: { userId?: string; anonymousId?: string }, events: readonly LinkingRow[], on = day): string | null {
  const links = new Map<string, Link>();
  const aliases = new AliasedIds();
  for (const link of events.flatMap((event) => linkOf(event) ?? [])) {
    if (link.isAlias) aliases.join(link.anonymousId, link.userId);
    else keepEarliest(links, link);
  }
  const id = { userId: ids.userId ?? null, anonymousId: ids.anonymousId ?? null };
  return canonicalUser(id, zone.startMs(on + 1 + linkWindowDays), links, aliases);
}

describe("who a visitor is", () => {
  test("A63: an anonymous visitor is the user of the earliest identify before the end of the local day plus 30 days", () => {
    const endMs = zone.startMs(day + 31);
    expect(whoIs({ anonymousId: "a" }, [identify("a", "u", endMs - 1)])).toBe("u");
    expect(whoIs({ anonymousId: "a" }, [identify("a", "u", endMs)])).toBe("a");
    expect(whoIs({ anonymousId: "a" }, [identify("a", "u", endMs)], day + 1)).toBe("u");
    // An identify of years ago holds for good.
    expect(whoIs({ anonymousId: "a" }, [identify("a", "u", 0)])).toBe("u");
    expect(whoIs({ anonymousId: "b" }, [identify("a", "u", 0)])).toBe("b");
  });

  test("A63: on a shared device the first to log in gets the anonymous visits, also after a logout; known ids stay their own", () => {
    const events = [identify("device", "first", 1), identify("device", "second", 2)];
    for (const order of [events, events.toReversed()]) {
      expect(whoIs({ anonymousId: "device" }, order)).toBe("first");
      expect(whoIs({ userId: "second", anonymousId: "device" }, order)).toBe("second");
    }
    // At one instant the smaller message id decides, then the user id.
    expect(whoIs({ anonymousId: "d" }, [identify("d", "x", 5, "m2"), identify("d", "y", 5, "m1")])).toBe("y");
    expect(whoIs({ anonymousId: "d" }, [identify("d", "y", 5), identify("d", "x", 5)])).toBe("x");
  });

  test("A63: a logout that makes a new anonymous id makes a new visitor, until that one logs in", () => {
    const events = [identify("before", "u", 1)];
    expect(whoIs({ anonymousId: "after" }, events)).toBe("after");
    expect(whoIs({ anonymousId: "after" }, [...events, identify("after", "u", 2)])).toBe("u");
  });

  test("A63: two anonymous ids of one user are one user", () => {
    const events = [identify("phone", "u", 1), identify("desk", "u", day * dayMs)];
    expect(whoIs({ anonymousId: "phone" }, events)).toBe(whoIs({ anonymousId: "desk" }, events));
  });
});

describe("aliases", () => {
  test("A64: aliases of a server key join ids in chains, in any order and direction, whenever they come", () => {
    const chain = [alias("c", "b", "server"), alias("a", "b", "server"), alias("d", "c", "server")];
    for (const seed of [1, 2, 3, 4]) {
      const order = shuffled(chain, randomOf(seed));
      expect(["a", "b", "c", "d"].map((userId) => whoIs({ userId }, order))).toEqual(["a", "a", "a", "a"]);
      expect(whoIs({ userId: "e" }, order)).toBe("e");
    }
    // What an anonymous id was identified with is joined; the anonymous id itself may be, too.
    expect(whoIs({ anonymousId: "x" }, [identify("x", "c", 1), ...chain])).toBe("a");
    expect(whoIs({ anonymousId: "y" }, [alias("y", "d", "server"), ...chain])).toBe("a");
  });

  test("A65: a public key links its own anonymous id at most, and cannot join two users", () => {
    expect(linkOf(alias("a", "u", "public", "a"))).toMatchObject({ anonymousId: "a", userId: "u", isAlias: false });
    expect(linkOf(alias("victim", "thief", "public", "a"))).toBeNull();
    expect(linkOf(alias("victim", "thief", "public"))).toBeNull();
    const events = [identify("a", "victim", 1), identify("a", "thief", 2), alias("victim", "thief", "public", "a")];
    expect(whoIs({ userId: "victim" }, events)).toBe("victim");
    expect(whoIs({ userId: "thief" }, events)).toBe("thief");
    expect(whoIs({ anonymousId: "a" }, [...events, alias("a", "thief", "public", "a")].toReversed())).toBe("thief");
  });

  test("A64: events that name nobody make no link", () => {
    expect(linkOf({ ...identify("a", "u", 1), user_id: null })).toBeNull();
    expect(linkOf({ ...identify("a", "u", 1), anonymous_id: null })).toBeNull();
    expect(linkOf(alias("u", "u", "server"))).toBeNull();
    expect(linkOf(alias("", "u", "server"))).toBeNull();
    expect(linkOf({ ...identify("a", "u", 1), type: "track" })).toBeNull();
  });

  test("A64: components do not depend on the order of the aliases", () => {
    const ids = fc.constantFrom(..."abcdefghij");
    fc.assert(
      fc.property(fc.array(fc.tuple(ids, ids), { maxLength: 15 }), fc.nat(), (pairs, seed) => {
        const namesOf = (order: readonly (readonly [string, string])[]) => {
          const aliases = new AliasedIds();
          for (const [a, b] of order) aliases.join(a, b);
          return [..."abcdefghij"].map((id) => [aliases.nameOf(id), aliases.idsOf(id)]);
        };
        const names = namesOf(pairs);
        expect(namesOf(shuffled(pairs, randomOf(seed)))).toEqual(names);
        for (const [a, b] of pairs) expect(names["abcdefghij".indexOf(a)]).toEqual(names["abcdefghij".indexOf(b)]);
      }),
    );
  });

  test("A64: a component is represented by the id whose first event is earliest, then the smallest", () => {
    const seen = new Map([
      ["a", { timeMs: 5, messageId: "m" }],
      ["b", { timeMs: 3, messageId: "n" }],
      ["c", { timeMs: 3, messageId: "m" }],
      ["d", { timeMs: 3, messageId: "m" }],
    ]);
    expect(representative(["a", "b", "d", "c"], seen)).toBe("c");
    expect(representative(["z", "a"], seen)).toBe("a");
    expect(representative(["z", "y"], seen)).toBe("y");
    expect(representative([], seen)).toBeNull();
  });
});
