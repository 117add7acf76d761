import { type Row, rowCharsMax } from "./row.ts";

/** Reads JSON objects, one a line (https://github.com/ndjson/ndjson-spec). Empty lines are no rows. */
export async function* readNdjson(chunks: AsyncIterable<string>): AsyncGenerator<Row> {
  let number = 0;
  for await (const line of linesOf(chunks)) {
    const text = line.trim();
    if (text === "") continue;
    yield { number: ++number, text, fields: objectOf(text) };
  }
}

/** A line longer than a row may be is cut, and so cannot be read. */
async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n");
    rest = (lines.pop() ?? "").slice(0, rowCharsMax);
    yield* lines;
  }
  yield rest;
}

function objectOf(text: string): Row["fields"] {
  if (text.length > rowCharsMax) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Row["fields"]) : null;
  } catch {
    return null; // the row is reported as unreadable
  }
}
