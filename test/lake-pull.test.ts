import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "@sluice/schema";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { segmentsOfKey } from "../tools/lake/object-path.ts";
import { pullLake } from "../tools/lake/pull.ts";
import type { AdminClient } from "../tools/operator/admin.ts";

/** An admin API over a map of objects, with pages of two, that counts what is fetched. */
function lakeOf(objects: Map<string, string>): AdminClient & { fetched: string[] } {
  const fetched: string[] = [];
  const pageSize = 2;
  return {
    fetched,
    async call(_method, path) {
      const query = new URL(path, "http://lake").searchParams;
      const start = Number(query.get("cursor") ?? 0);
      const all = [...objects].filter(([key]) => key.startsWith(query.get("prefix") ?? ""));
      const page = all.slice(start, start + pageSize);
      const listed = page.map(([key, text]): JsonObject => ({ key, size: text.length, etag: `e-${text}` }));
      const next = start + pageSize;
      return { ok: true, value: { objects: listed, cursor: next < all.length ? String(next) : null } };
    },
    async fetch(path) {
      const key = new URL(path, "http://lake").searchParams.get("key") ?? "";
      fetched.push(key);
      const text = objects.get(key);
      return text === undefined
        ? new Response("", { status: 404 })
        : new Response(text, { headers: { etag: `"e-${text}"` } });
    },
  };
}

describe("npm run lake -- pull", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sluice-pull-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const first = "events/project=shop/dt=2026-01-01/hour=00/part-00000-0000.parquet";
  const second = "events/project=shop/dt=2026-01-01/hour=01/part-00000-0000.parquet";
  const third = "events/project=shop/dt=2026-01-02/hour=00/part-00000-0000.parquet";
  const read = (key: string): string => readFileSync(join(folder, key), "utf8");

  test("O14: copies every page, then only what changed, and removes what is gone with its empty folders", async () => {
    const objects = new Map([
      [first, "a"],
      [second, "b"],
      [third, "c"],
    ] as const) as Map<string, string>;
    const lake = lakeOf(objects);
    const one = await pullLake(lake, folder, "events/", () => undefined);
    expect(one).toEqual({ ok: true, value: { objects: 3, copied: 3, copiedBytes: 3, unchanged: 0, removed: 0 } });
    expect([read(first), read(second), read(third)]).toEqual(["a", "b", "c"]);

    objects.set(second, "bb");
    objects.delete(third);
    lake.fetched.length = 0;
    const two = await pullLake(lake, folder, "events/", () => undefined);
    expect(two).toEqual({ ok: true, value: { objects: 2, copied: 1, copiedBytes: 2, unchanged: 1, removed: 1 } });
    expect(lake.fetched).toEqual([second]);
    expect(read(second)).toBe("bb");
    expect(existsSync(join(folder, "events/project=shop/dt=2026-01-02"))).toBe(false);
  });

  test("O14: fetches a file again that was changed or removed by hand", async () => {
    const lake = lakeOf(new Map([[first, "abc"]]));
    await pullLake(lake, folder, "", () => undefined);
    writeFileSync(join(folder, first), "damaged");
    expect(await pullLake(lake, folder, "", () => undefined)).toMatchObject({ value: { copied: 1 } });
    rmSync(join(folder, first));
    expect(await pullLake(lake, folder, "", () => undefined)).toMatchObject({ value: { copied: 1 } });
    expect(read(first)).toBe("abc");
  });

  test("O14: removes no file that it did not make, and none outside the prefix", async () => {
    const objects = new Map([
      [first, "a"],
      ["rejected/x.parquet", "r"],
    ] as const) as Map<string, string>;
    const lake = lakeOf(objects);
    await pullLake(lake, folder, "", () => undefined);
    writeFileSync(join(folder, "events", "mine.txt"), "mine");
    objects.clear();
    expect(await pullLake(lake, folder, "events/", () => undefined)).toMatchObject({ value: { removed: 1 } });
    expect(existsSync(join(folder, "events", "mine.txt"))).toBe(true);
    expect(existsSync(join(folder, "rejected", "x.parquet"))).toBe(true);
  });

  test("O14: an object that is gone between the listing and the copy is no failure", async () => {
    const lake = lakeOf(new Map([[first, "a"]]));
    const vanishing: AdminClient = { ...lake, fetch: async () => new Response("", { status: 404 }) };
    expect(await pullLake(vanishing, folder, "", () => undefined)).toMatchObject({ ok: true, value: { copied: 0 } });
  });

  test.each([
    "../outside.parquet",
    "events/../../outside",
    "/etc/passwd",
    "events//x",
    "events/./x",
    "events\\..\\x",
    "C:/x",
    "events/nul",
    "events/x\u0000",
    "",
    `events/${"x".repeat(2000)}`,
    ".sluice-lake.json",
  ])("O15: a key that is no safe file name is refused, and nothing is written: %j", async (key) => {
    expect(segmentsOfKey(key)).toBeNull();
    const result = await pullLake(
      lakeOf(
        new Map([
          [key, "x"],
          [first, "a"],
        ]),
      ),
      folder,
      "",
      () => undefined,
    );
    expect(result.ok).toBe(false);
    expect(existsSync(join(folder, first))).toBe(false);
  });

  test("O15: the keys of the lake are safe file names", () => {
    expect(segmentsOfKey(first)).toEqual(first.split("/"));
    expect(segmentsOfKey("registry/snapshot.json")).toEqual(["registry", "snapshot.json"]);
  });
});
