import fc from "fast-check";
import { expect, test } from "vitest";
import { parentShardOf, routeOf, shardOf, shardsMax } from "./shard-route.ts";

test("Q48: one more shard takes ids of its parent alone, about half of them, and ids are spread over all shards", () => {
  const routes = Array.from({ length: 40_000 }, (_, i) => routeOf("public", "events", `ajs-next-1795159483692-${i}`));
  for (let shards = 1; shards < shardsMax; shards++) {
    const parent = parentShardOf(shards);
    const before = routes.map((route) => shardOf(route, shards));
    const after = routes.map((route) => shardOf(route, shards + 1));
    const wrong = after.filter((shard, i) => shard !== before[i] && (before[i] !== parent || shard !== shards));
    expect(wrong).toEqual([]);
    const moved = after.filter((shard) => shard === shards).length;
    const kept = after.filter((shard) => shard === parent).length;
    expect(moved / (moved + kept)).toBeGreaterThan(0.35);
    expect(moved / (moved + kept)).toBeLessThan(0.65);
  }
});

test("Q48: key classes, events and rejects, and near ids have routes of their own", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (id) => {
      const routes = [
        routeOf("public", "events", id),
        routeOf("server", "events", id),
        routeOf("public", "rejected", id),
        routeOf("public", "events", `${id}x`),
      ];
      expect(new Set(routes).size).toBe(4);
    }),
  );
});
