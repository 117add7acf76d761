import fc from "fast-check";
import { expect, test } from "vitest";
import { dayPrefix, parsePartKey, partKey, type PartPlace } from "./paths.ts";

const hour = 3_600_000;
const place: fc.Arbitrary<PartPlace> = fc.record({
  dataset: fc.constantFrom("events", "rejected"),
  project: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,39}$/),
  hourMs: fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) / hour }).map((hours) => hours * hour),
  shard: fc.nat({ max: 999_999 }),
  part: fc.nat({ max: 999_999 }),
});

test("L2: a part lies under its dataset, project, UTC day and hour", () => {
  const hourMs = Date.UTC(2026, 10, 20, 7);
  const key = partKey({ dataset: "events", project: "shop", hourMs, shard: 3, part: 12 });
  expect(key).toBe("events/project=shop/dt=2026-11-20/hour=07/part-00003-0012.parquet");
  expect(partKey({ dataset: "rejected", project: "shop", hourMs, shard: 0, part: 0 })).toBe(
    "rejected/project=shop/dt=2026-11-20/hour=07/part-00000-0000.parquet",
  );
});

test("L2: a key reads back as its place, and lies under its day's prefix", () => {
  fc.assert(
    fc.property(place, (where) => {
      const key = partKey(where);
      expect(parsePartKey(key)).toEqual(where);
      const dayMs = where.hourMs - (where.hourMs % (24 * hour));
      expect(key.startsWith(dayPrefix(where.dataset, where.project, dayMs))).toBe(true);
    }),
  );
});

test("L2: what is no key of a part is none", () => {
  const others = [
    "",
    "registry/snapshot.json",
    "events/project=shop/dt=2026-11-20/hour=07/",
    "events/project=shop/dt=2026-11-20/hour=24/part-00000-0000.parquet",
    "events/project=shop/dt=2026-02-30/hour=07/part-00000-0000.parquet",
    "events/project=Shop/dt=2026-11-20/hour=07/part-00000-0000.parquet",
    "events/project=shop/dt=2026-11-20/hour=07/part-0-0.parquet",
    "events/project=shop/dt=2026-11-20/hour=07/part-000000-0000.parquet",
    "events/project=shop/dt=2026-11-20/hour=07/part-00000-0000.parquet.tmp",
    "marts/project=shop/dt=2026-11-20/hour=07/part-00000-0000.parquet",
    "x/events/project=shop/dt=2026-11-20/hour=07/part-00000-0000.parquet",
    "events/project=shop/dt=1969-12-31/hour=23/part-00000-0000.parquet",
  ];
  for (const key of others) expect(parsePartKey(key), key).toBeNull();
});

test("L2: a place that is none is refused", () => {
  const good: PartPlace = { dataset: "events", project: "shop", hourMs: 0, shard: 0, part: 0 };
  expect(partKey(good)).toContain("dt=1970-01-01/hour=00");
  const bad: Partial<PartPlace>[] = [
    { hourMs: 1 },
    { hourMs: -hour },
    { hourMs: Number.NaN },
    { project: "../x" },
    { project: "" },
    { shard: -1 },
    { part: 0.5 },
  ];
  for (const part of bad) expect(() => partKey({ ...good, ...part })).toThrow(RangeError);
  expect(() => dayPrefix("events", "shop", hour)).toThrow(RangeError);
});
