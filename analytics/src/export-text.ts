import type { CellValue, Column } from "@sluice/lake";

/** A row of any dataset. */
export type ExportRow = Readonly<Record<string, CellValue>>;

/** A row as one line of NDJSON: times in ISO 8601, decimals as texts, JSON columns as they are. */
export function jsonLine(columns: readonly Column[], row: ExportRow): string {
  const fields = columns.map(({ name, type }) => {
    const value = row[name] ?? null;
    // A JSON column holds JSON: parsing it to write it again would gain nothing.
    if (type === "json" && typeof value === "string") return `${JSON.stringify(name)}:${value}`;
    return `${JSON.stringify(name)}:${JSON.stringify(plain(type, value))}`;
  });
  return `{${fields.join(",")}}\n`;
}

/** The first line of a CSV export. */
export function csvHeader(columns: readonly Column[]): string {
  return `${columns.map(({ name }) => name).join(",")}\r\n`;
}

/** A row as one line of CSV (RFC 4180); null is an empty field, an empty text is `""`. */
export function csvLine(columns: readonly Column[], row: ExportRow): string {
  return `${columns.map(({ name, type }) => csvField(type, plain(type, row[name] ?? null))).join(",")}\r\n`;
}

/**
 * Where a cell begins that spreadsheets would run as a formula (https://owasp.org/www-community/attacks/CSV_Injection): at the start of a
 * text, also behind spaces and characters that are not seen; full-width forms count, as some of them normalize. Where a comma is the
 * decimal sign, spreadsheets divide lines by semicolons and heed no quotes within them, so that a cell begins behind each of these,
 * behind tabs and with each line of a text.
 */
const formulaStart = /(?:^|;|\t|\r\n?|\n)(?=(?:(?![\t\r\n])[\s\p{Cc}\p{Cf}])*[=+\-@\uff1d\uff0b\uff0d\uff20])/gu;

/** A text that begins with one of these gets an apostrophe, whatever follows. */
const controlStart = /^[\t\r\n]/;

/** Before what could be a formula stands an apostrophe, which is the price of CSV: NDJSON and Parquet hold texts as they were. */
function csvField(type: Column["type"], value: CellValue): string {
  if (value === null) return "";
  const text = String(value);
  if (type !== "string" && type !== "json") return text;
  const marked = text.replace(formulaStart, "$&'");
  const safe = controlStart.test(marked) ? `'${marked}` : marked;
  return safe === "" || /[",\r\n\t]/.test(safe) || safe !== text ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function plain(type: Column["type"], value: CellValue): CellValue {
  return type === "timestamp" && typeof value === "number" ? new Date(value).toISOString() : value;
}
