import { expect, test } from "vitest";
import { liveBlocksMax, liveBytesMax } from "./limits.ts";
import { BlockTables } from "./live-tables.ts";

test("A131: of the published tables the old ones go, and the oldest of those that are too many or too large", () => {
  const tables = new BlockTables();
  tables.begin(1);
  tables.add(1, 1, 100, 10);
  tables.begin(2);
  tables.add(2, 2, 200, 10);
  tables.begin(3);
  tables.add(3, 3, 300, 10);
  tables.begin(4);
  expect(tables.published(new Set(), 50)).toEqual({ throughSequence: 3, dropped: [] });
  expect(tables.published(new Set([3]), 150)).toEqual({ throughSequence: 2, dropped: [1] });
  expect(tables.published(new Set([1, 2, 3]), 1000)).toEqual({ throughSequence: 0, dropped: [] });
  tables.add(3, 3, 300, liveBytesMax - 15);
  expect(tables.published(new Set(), 0).dropped).toEqual([2, 1]);
  expect(tables.droppedThrough).toBe(0);
  tables.drop([2]);
  expect([tables.all, tables.droppedThrough, tables.open]).toEqual([[1, 3, 4], 2, 4]);
  tables.drop([1, 3]);
  expect(tables.droppedThrough).toBe(3);
  for (let sequence = 4; sequence < 5 + liveBlocksMax; sequence++) tables.add(4, sequence, 400, 1);
  tables.begin(5 + liveBlocksMax);
  expect(tables.published(new Set(), 0).dropped).toEqual([4]);
});
