import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { linkColumns, userDayColumns } from "./marts.ts";
import { metrics } from "./metrics.ts";

/** The rows of the Markdown table behind a marker, as cells; how a formatter pads them does not matter. */
function tableBehind(file: string, marker: string): string[][] {
  const document = readFileSync(new URL(file, import.meta.url), "utf8");
  const [, after = ""] = document.split(`<!-- ${marker} -->\n\n`);
  const lines = (after.split("\n\n", 1)[0] ?? "").split("\n").slice(2);
  return lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test("A53: lake/FORMAT.md holds the columns of the marts, and docs/kpis.md the catalogue", () => {
  for (const [marker, columns] of [
    ["columns of user_day", userDayColumns],
    ["columns of link", linkColumns],
  ] as const) {
    const expected = columns.map(({ name, type, nullable, about }) => [
      `\`${name}\``,
      type,
      nullable ? "yes" : "no",
      about,
    ]);
    const rows = tableBehind("../../lake/FORMAT.md", marker);
    expect(rows.map(([name, type, , nullable, about]) => [name, type, nullable, about])).toEqual(expected);
  }
  const catalogue = [...metrics.values()].map(({ name, version, unit, intervals, hasBreakdown, formula }) => {
    return [`\`${name}\``, String(version), unit, intervals.join(", ") + (hasBreakdown ? "; breakdown" : ""), formula];
  });
  expect(tableBehind("../../docs/kpis.md", "catalogue")).toEqual(catalogue);
});
