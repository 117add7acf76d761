import { field, type Json, type JsonObject } from "@sluice/schema";
import { formatTable, printable } from "../terminal/table.ts";

/** A list of the admin API as a table; its columns are the fields that its entries have. */
export function listReport(entries: readonly JsonObject[], list: string): string {
  if (entries.length === 0) return `No ${list}.`;
  const names = [...new Set(entries.flatMap((entry) => Object.keys(entry)))];
  const rows = entries.map((entry) => names.map((name) => cell(name, field(entry, name))));
  return formatTable(names.map(heading), rows);
}

/** The fields of one reply, one a line. */
export function fieldsReport(reply: JsonObject): string {
  const width = Math.max(0, ...Object.keys(reply).map((name) => heading(name).length));
  return Object.entries(reply)
    .map(([name, value]) => `  ${heading(name).padEnd(width)}  ${cell(name, value)}`)
    .join("\n");
}

/** `createdAtMs` is shown as «created at», since its cell is a date and no longer a number. */
function heading(name: string): string {
  return name
    .replace(/Ms$/, "")
    .replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .trim();
}

function cell(name: string, value: Json | undefined): string {
  if (value === undefined || value === null || value === "") return "–";
  if (name.endsWith("AtMs") && typeof value === "number") return new Date(value).toISOString();
  return printable(typeof value === "string" ? value : JSON.stringify(value));
}
