import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type AnalyticsHarness, startAnalytics } from "../testing/harness.ts";
import { recountWithDuckDb } from "../testing/oracle.ts";
import { PublishedLake } from "../testing/published-lake.ts";
import { firstDayMs, rowFrom, visit } from "../testing/rows.ts";
import { dayMs } from "./day.ts";
import { fewLinksText, noFewLinks, parseFewLinks } from "./few-links.ts";
import type { Link } from "./identity.ts";
import { encodeLinks, martKey } from "./marts.ts";

const link: fc.Arbitrary<Link> = fc.record({
  anonymousId: fc.string({ unit: "binary" }),
  userId: fc.string({ unit: "binary" }),
  timeMs: fc.integer(),
  messageId: fc.string({ unit: "binary" }),
  isAlias: fc.boolean(),
});

test("A30: few links survive the row of their day, whatever their ids are", () => {
  fc.assert(
    fc.property(fc.array(link, { maxLength: 20 }), (links) => {
      const text = fewLinksText(links);
      expect(text).not.toMatch(/[\0\n]/);
      expect(parseFewLinks(text ?? "")).toEqual(links);
    }),
  );
  expect(fewLinksText([])).toBe(noFewLinks);
});

test("A30: a row holds at most 500 links and 32,768 characters of them", () => {
  const short = Array.from({ length: 501 }, (_, i) => ({
    anonymousId: "a",
    userId: "u",
    timeMs: i,
    messageId: "m",
    isAlias: false,
  }));
  expect(fewLinksText(short.slice(1))).not.toBeNull();
  expect(fewLinksText(short)).toBeNull();
  const long = (length: number): Link[] => [
    { anonymousId: "x".repeat(length), userId: "", timeMs: 0, messageId: "", isAlias: false },
  ];
  const frame = fewLinksText(long(0))?.length ?? 0;
  expect(fewLinksText(long(32_768 - frame))).toHaveLength(32_768);
  expect(fewLinksText(long(32_769 - frame))).toBeNull();
});

describe("links in the row of their day", () => {
  let worker: AnalyticsHarness;
  beforeAll(async () => {
    worker = await startAnalytics();
  });
  beforeEach(async () => {
    await worker.reset();
    await worker.admin("POST", "projects", { project: "shop" });
  });
  afterAll(async () => worker.close());

  const flush = async (): Promise<number> => (await worker.admin("POST", "flush")).status;
  const linkMarts = async (): Promise<string[]> =>
    (await worker.lake.list({ prefix: "marts/link/" })).objects.map(({ key }) => key);
  const dau = async (): Promise<unknown[]> =>
    await worker.sql(
      "SELECT day, json_extract(body, '$.active') AS value FROM rollup WHERE family = 'users@UTC' ORDER BY day",
    );

  test("A30: few links make no mart, many do, and both join users as DuckDB does", async () => {
    const lake = new PublishedLake(worker, "shop");
    const visitors = Array.from({ length: 600 }, (_, i) => `a${i}`);
    const identifies = visitors.map((id, i) => visit("identify", id, 1, `u${i % 300}`));
    await lake.publish(visitors.map((id) => rowFrom(visit("page", id, 0))));
    await lake.publish([...identifies, visit("page", "a1", 1)].map((made) => rowFrom(made)));
    await lake.publish([visit("identify", "b1", 2, "u1"), visit("page", "b1", 2), visit("page", "b2", 2)].map(rowFrom));
    expect(await flush()).toBe(200);
    expect(await linkMarts()).toEqual([martKey("link", "shop", firstDayMs + dayMs, 0)]);
    const expected = (await recountWithDuckDb(worker.lake)).get("dau") ?? [];
    expected.sort((a, b) => (String(a["day"]) < String(b["day"]) ? -1 : 1));
    expect(expected.map((row) => Number(row["value"]))).toEqual([300, 1, 2]);
    expect((await dau()).map((row) => (row as { value: number }).value)).toEqual([300, 1, 2]);
  }, 60_000);

  test("A30: a mart of few links from before is read, and moves into the row when its day is built again", async () => {
    const lake = new PublishedLake(worker, "shop");
    await lake.publish([visit("page", "a1", 0), visit("page", "a2", 0)].map(rowFrom));
    await lake.publish([visit("identify", "a1", 1, "u1"), visit("identify", "a2", 1, "u1")].map(rowFrom));
    await flush();
    const before = await dau();
    const [row] = await worker.sql("SELECT few_links FROM rollup_day WHERE day = '2026-03-02'");
    const links = parseFewLinks(String(row?.["few_links"]));
    expect(links).toHaveLength(2);
    const key = martKey("link", "shop", firstDayMs + dayMs, 0);
    const { etag } = await worker.lake.put(key, encodeLinks(links).bytes);
    const older = `UPDATE rollup_day SET link_marts = ?, few_links = '[]' WHERE day = '2026-03-02'`;
    await worker.sql(older, JSON.stringify([[0, etag, 2]]));
    await worker.sql("UPDATE rollup_day SET counted_users = NULL");
    await worker.sql("UPDATE rollup SET body = '{}' WHERE family = 'users@UTC'");
    await worker.sql("UPDATE outbox_cursor SET change = 0");
    await flush();
    expect(await dau()).toEqual(before);
    expect(await linkMarts()).toEqual([key]);
    await worker.sql("UPDATE rollup_day SET inputs = '[]'");
    await worker.sql("UPDATE outbox_cursor SET change = 0");
    await flush();
    expect(await dau()).toEqual(before);
    expect(await linkMarts()).toEqual([]);
  }, 60_000);
});
