import { expect, test } from "vitest";
import { foldIdsMin, liveBlocksMax, liveBytesMax } from "./limits.ts";
import { BlockTables, isFoldDue } from "./live-tables.ts";

test("A131: of the published tables the old ones go, and the oldest of those that are too many or too large", () => {
  const tables = new BlockTables();
  tables.begin(1);
  tables.add(1, 1, 100, 10);
  tables.begin(2);
  tables.add(2, 2, 200, 10);
  tables.begin(3);
  tables.add(3, 3, 300, 10);
  tables.begin(4);
  expect(tables.dropped(new Set(), 50)).toEqual({ throughSequence: 0, tables: [] });
  expect(tables.dropped(new Set([3]), 150)).toEqual({ throughSequence: 1, tables: [1] });
  expect(tables.dropped(new Set([1, 2, 3]), 1000)).toEqual({ throughSequence: 0, tables: [] });
  tables.add(3, 3, 300, liveBytesMax - 15);
  expect(tables.dropped(new Set(), 0)).toEqual({ throughSequence: 2, tables: [2, 1] });
  expect(tables.droppedThrough).toBe(0);
  tables.drop([2]);
  expect([tables.all, tables.droppedThrough, tables.open]).toEqual([[1, 3, 4], 2, 4]);
  tables.drop([1, 3]);
  expect(tables.droppedThrough).toBe(3);
  for (let sequence = 4; sequence < 5 + liveBlocksMax; sequence++) tables.add(4, sequence, 400, 1);
  tables.begin(5 + liveBlocksMax);
  expect(tables.dropped(new Set(), 0).tables).toEqual([4]);
});

test("Q98: a table takes the blocks of a sixth of the live span, or an eighth of the blocks or bytes that may be live", () => {
  const live = 60_000;
  const filled = (blocks: number, bytes: number): BlockTables => {
    const tables = new BlockTables();
    tables.begin(1);
    for (let sequence = 1; sequence <= blocks; sequence++) tables.add(1, sequence, 1000 + sequence, bytes);
    return tables;
  };
  expect(filled(0, 0).isSealDue(1e9, live)).toBe(false);
  expect(filled(2, 10).isSealDue(1001 + live / 6 - 1, live)).toBe(false);
  expect(filled(2, 10).isSealDue(1001 + live / 6, live)).toBe(true);
  expect(filled(liveBlocksMax / 8 - 1, 10).isSealDue(2000, live)).toBe(false);
  expect(filled(liveBlocksMax / 8, 10).isSealDue(2000, live)).toBe(true);
  expect(filled(1, liveBytesMax / 8 - 1).isSealDue(2000, live)).toBe(false);
  expect(filled(1, liveBytesMax / 8).isSealDue(2000, live)).toBe(true);
});

test("Q98: ids are folded when their blocks go, or when they are many", () => {
  expect(isFoldDue(0, 0, foldIdsMin - 1)).toBe(false);
  expect(isFoldDue(7, 7, foldIdsMin - 1)).toBe(false);
  expect(isFoldDue(8, 7, 1)).toBe(true);
  expect(isFoldDue(0, 7, foldIdsMin)).toBe(true);
});
