import fc from "fast-check";
import { expect, test } from "vitest";
import { parentShardOf, routeOf, shardEpochsOf, shardOf, shardsMax } from "./shard-route.ts";

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

test("Q95: a shard owns its ids anew with each child, and its children are those whose parent it is", () => {
  for (let shard = 0; shard < shardsMax; shard++) {
    const children = Array.from({ length: shardsMax - 1 }, (_, i) => i + 1).filter(
      (child) => parentShardOf(child) === shard,
    );
    expect(shardEpochsOf(shard, shardsMax)).toEqual([shard + 1, ...children.map((child) => child + 1)]);
  }
  expect(shardEpochsOf(0, 0)).toEqual([1]);
  expect(shardEpochsOf(1, 3)).toEqual([2]);
  expect(shardEpochsOf(1, 4)).toEqual([2, 4]);
});
