import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { receiptOf, trackOf } from "../../testing/fixtures.ts";
import { stepsMarkdown } from "../../testing/step-docs.ts";
import { eventColumns } from "../columns.ts";
import { rowOf } from "../row.ts";
import { sentEventOf } from "./sent-event.ts";
import { steps } from "./steps.ts";

const events = [
  [trackOf(), receiptOf()],
  [trackOf({ messageId: null, timestamp: null }), receiptOf({ keyKind: "server", userAgent: null })],
  [{ type: "page", anonymousId: "a", properties: { url: "/?utm_source=x&gclid=y" }, other: 1 }, receiptOf()],
] as const;

test("L28: every column is filled by exactly one step, the same columns for every event", () => {
  for (const [raw, receipt] of events) {
    const row = rowOf(raw, receipt, 0);
    const filled = steps.flatMap((step) => Object.keys(step.columns(sentEventOf(raw, receipt, 0), row)));
    expect(filled.toSorted()).toEqual(eventColumns.map(({ name }) => name as string).toSorted());
  }
});

test("L28: a step reads no column of a later one", () => {
  const reads: string[] = [];
  for (const [raw, receipt] of events) {
    const event = sentEventOf(raw, receipt, 0);
    const filled = new Set<string>();
    for (const step of steps) {
      const soFar = new Proxy(rowOf(raw, receipt, 0), {
        get(row, name, receiver): unknown {
          reads.push(`${step.name} reads ${String(name)}${filled.has(String(name)) ? "" : " too early"}`);
          return Reflect.get(row, name, receiver);
        },
      });
      for (const name of Object.keys(step.columns(event, soFar))) filled.add(name);
    }
  }
  expect(new Set(reads)).toEqual(new Set(["clock reads sdk_name", "campaign reads page_url", "bot reads user_agent"]));
});

test("L28: a step is pure: frozen input, the same columns again", () => {
  for (const [raw, receipt] of events) {
    const event = Object.freeze(sentEventOf(deepFreeze(raw), deepFreeze(receipt), 0));
    const row = Object.freeze(rowOf(raw, receipt, 0));
    for (const step of steps) expect(step.columns(event, row), step.name).toEqual(step.columns(event, row));
  }
});

test("L28: the steps in FORMAT.md are those of the code, in its order", () => {
  const document = readFileSync(new URL("../../FORMAT.md", import.meta.url), "utf8");
  const [, after = ""] = document.split("<!-- steps -->\n\n");
  const [table = ""] = after.split("\n\n", 1);
  expect(cellsOf(table)).toEqual(cellsOf(stepsMarkdown()));
});

function cellsOf(table: string): string[][] {
  const rows = table.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  return rows.filter((cells) => !cells.some((cell) => /^-+$/.test(cell)));
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
