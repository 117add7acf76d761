import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { markdownOf } from "../testing/column-docs.ts";
import { eventColumns, rejectedColumns } from "./columns.ts";

const document = readFileSync(new URL("../FORMAT.md", import.meta.url), "utf8");

/** The cells of the Markdown table that follows a marker; how a formatter pads them does not matter. */
function tableIn(marker: string): string[][] {
  const [, after = ""] = document.split(`<!-- columns of ${marker} -->\n\n`);
  return cellsOf(after.split("\n\n", 1)[0] ?? "");
}

function cellsOf(table: string): string[][] {
  const rows = table.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  return rows.filter((cells) => !cells.some((cell) => /^-+$/.test(cell)));
}

test("L1: the column tables in FORMAT.md are those of the code", () => {
  expect(tableIn("events")).toEqual(cellsOf(markdownOf(eventColumns)));
  expect(tableIn("rejected")).toEqual(cellsOf(markdownOf(rejectedColumns)));
});

test("L1: column names are distinct lower-case words, and none hides a partition", () => {
  for (const columns of [eventColumns, rejectedColumns]) {
    const names: string[] = columns.map((column) => column.name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) {
      expect(name).toMatch(/^[a-z][a-z_]*$/);
      expect(["project", "dt", "hour"]).not.toContain(name);
    }
  }
});
