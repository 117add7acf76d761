import { encodeEvents, partKey, type Row } from "@sluice/lake";
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { firstDayMs, randomOf, rowFrom } from "../../testing/rows.ts";
import { spentBudget } from "../scan-budget.ts";
import { scanAnew, type ScanBucket, scanParts } from "../shell/lake-scan.ts";
import { Aggregation } from "./aggregate.ts";
import { RowView } from "./field-value.ts";
import { KeptMemory } from "./kept-memory.ts";
import { adhocQuestion, type AdhocQuestion } from "./question.ts";

function questionOf(body: object): AdhocQuestion {
  const question = adhocQuestion({ from: "2026-03-01", to: "2026-03-02", ...body });
  if (!question.ok) throw new Error(question.error.detail);
  return question.value;
}

describe("budget of a question", () => {
  test("A109: groups, distinct values, their characters and percentile values are bounded; the refusal names the bound", () => {
    const view = new RowView();
    const exceededBy = (body: object, rows: number, row: (index: number) => Partial<Row>): string | null => {
      const aggregation = new Aggregation(questionOf(body));
      for (let index = 0; index < rows; index++) {
        view.turnTo(row(index));
        aggregation.add(view);
      }
      return aggregation.exceeded();
    };
    const byCity = (index: number): Partial<Row> => ({ city: `c${index}` });
    expect(exceededBy({ groupBy: ["city"] }, 10_000, byCity)).toBeNull();
    expect(exceededBy({ groupBy: ["city"] }, 10_001, byCity)).toBe("10000 groups");
    const unique = { measures: [{ fn: "unique", field: "city" }] };
    expect(exceededBy(unique, 399_999, byCity)).toBeNull();
    expect(exceededBy(unique, 400_001, byCity)).toBe("400000 distinct values and groups");
    expect(exceededBy(unique, 600, (index) => ({ city: String(index).padEnd(30_000, "x") }))).toContain(
      "16000000 characters",
    );
    const memory = new KeptMemory();
    for (let kept = 0; kept < 2_000_001; kept++) memory.keepNumber();
    expect(memory.exceeded()).toBe("2000000 values of percentiles");
  });

  test("A109: bytes and time are bounded; the refusal says which share of the files was read", () => {
    const cost = { files: 30, rowGroups: 30, rows: 1, bytes: 512_000_000 };
    expect(spentBudget(cost, 25_000, 100)).toBeNull();
    expect(spentBudget({ ...cost, bytes: 512_000_001 }, 0, 100)?.detail).toMatch(
      /512000000 bytes.*about 30 % of the files/,
    );
    expect(spentBudget(cost, 25_001, 100)?.detail).toMatch(/25000 ms.*about 30 %/);
  });
});

describe("a range with many files", () => {
  /** A bucket of as many hours with a file each, listed as R2 does: in the order of keys, a page at a time. */
  function bucketOf(hours: number): ScanBucket {
    const keys = Array.from({ length: hours }, (_, index) =>
      partKey({ dataset: "events", project: "shop", hourMs: firstDayMs + index * 3_600_000, shard: 0, part: 0 }),
    );
    return {
      list: async ({ startAfter = "", limit = 1_000 }: { startAfter?: string; limit?: number }) => {
        const rest = keys.filter((key) => key > startAfter);
        const objects = rest.slice(0, limit).map((key) => ({ key, etag: "e", size: 1 }));
        return { objects, truncated: rest.length > limit };
      },
    } as unknown as ScanBucket;
  }

  test("A109: more than 2,000 files are refused with how many days one question may span, and none of them is read", async () => {
    const range = { fromMs: firstDayMs, toMs: firstDayMs + 3_000 * 3_600_000 };
    const ask = async (hours: number) =>
      scanAnew(bucketOf(hours), { dataset: "events", project: "shop", range }, async (parts) => ({
        ok: true,
        value: parts.length,
      }));
    expect(await ask(2_000)).toEqual({ ok: true, value: 2_000 });
    const refused = await ask(2_001);
    expect(refused).toMatchObject({ ok: false, error: { status: 422, title: "Beyond the budget", parameter: "to" } });
    expect(refused.ok ? "" : refused.error.detail).toMatch(/more than 2000 files.*at most 83 days/);
  });
});

describe("a lake that changes under a scan", () => {
  const key = partKey({ dataset: "events", project: "shop", hourMs: firstDayMs, shard: 0, part: 0 });
  const range = { fromMs: firstDayMs, toMs: firstDayMs + 3_600_000 };
  const walk = { dataset: "events", project: "shop", range } as const;

  /** More than a megabyte in two row groups, so that ranges of it are read. */
  function fileOf(marker: string, sequence: number): Uint8Array<ArrayBuffer> {
    const random = randomOf(sequence);
    const rows = Array.from({ length: 21_000 }, (_, index) => {
      const noise = Array.from({ length: 12 }, () => random().toString(36)).join("");
      const times = { timestamp: new Date(firstDayMs + index).toISOString(), messageId: `m-${index}` };
      return rowFrom({ type: "track", event: marker, userId: "u", ...times, properties: { noise } });
    });
    return encodeEvents(rows, { birthId: "b", logSequence: sequence });
  }

  /**
   * Names and rows seen by a scan over one object, of which `versionAt` says what it is at each read. The bucket is of one object and
   * answers as R2 does: an etag that is gone has no body.
   */
  async function namesSeen(versionAt: (read: number) => Uint8Array<ArrayBuffer>): Promise<string[] | string> {
    let reads = 0;
    const etagOf = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");
    const bucket = {
      list: async () => {
        const bytes = versionAt(reads);
        return { objects: [{ key, etag: etagOf(bytes), size: bytes.byteLength }], truncated: false };
      },
      get: async (
        _: string,
        options: { range: { offset: number; length: number }; onlyIf: { etagMatches: string } },
      ) => {
        const bytes = versionAt(reads++);
        const { offset, length } = options.range;
        if (etagOf(bytes) !== options.onlyIf.etagMatches) return {};
        return { body: null, arrayBuffer: async () => bytes.slice(offset, offset + length).buffer };
      },
    } as unknown as ScanBucket;
    const result = await scanAnew(bucket, walk, async (parts) => {
      const names = new Set<string>();
      let rows = 0;
      const cost = await scanParts(bucket, parts, async (group) => {
        for (const { event } of await group.read(["event"])) {
          names.add(event ?? "");
          rows += 1;
        }
        return "read";
      });
      return cost.ok ? { ok: true, value: [...names, String(rows)] } : cost;
    });
    return result.ok ? result.value : result.error.title;
  }

  test("A129: a part that is replaced while it is read begins the scan anew; one that always is, is 503", async () => {
    const [before, after] = [fileOf("before", 1), fileOf("after", 2)];
    expect(before.byteLength).toBeGreaterThan(1_000_000);
    expect(await namesSeen(() => before)).toEqual(["before", "21000"]);
    expect(await namesSeen((read) => (read < 1 ? before : after)), "between footer and columns").toEqual([
      "after",
      "21000",
    ]);
    expect(await namesSeen((read) => (read < 2 ? before : after)), "between row groups").toEqual(["after", "21000"]);
    expect(await namesSeen((read) => (read % 2 === 0 ? before : after))).toBe("Not available");
  }, 60_000);
});
