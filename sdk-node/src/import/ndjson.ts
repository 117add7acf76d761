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
    rest = (lines.pop() ?? "").slice(0, rowCharsMax + 1);
    yield* lines;
  }
  yield rest;
}

function objectOf(text: string): Row["fields"] {
  if (text.length > rowCharsMax) return null;
  try {
    const value: unknown = JSON.parse(withLargeNumbersAsText(text));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Row["fields"]) : null;
  } catch {
    return null; // the row is reported as unreadable
  }
}

/** Digits from which on a whole number may be one that JavaScript cannot hold (2^53 has 16). */
const largeNumber = /\d{16}/;

/** A string or a number of a JSON text. */
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** A JSON text whose whole numbers beyond 2^53 stand as texts: as numbers their last digits would change without a word. */
function withLargeNumbersAsText(text: string): string {
  if (!largeNumber.test(text)) return text;
  return text.replace(stringOrNumber, (token) =>
    /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token,
  );
}
