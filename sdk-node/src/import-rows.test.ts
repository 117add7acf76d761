import { expect, test } from "vitest";
import { readCsv } from "./import/csv.ts";
import { eventOfRow, type RowRules } from "./import/event-of-row.ts";
import { readNdjson } from "./import/ndjson.ts";
import { rowTimeMs } from "./import/row-time.ts";
import type { Row } from "./import/row.ts";

const rules: RowRules = { type: "track", event: "", names: new Map(), namespace: "", isGarbledRefused: true };

async function* piecesOf(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function all(rows: AsyncIterable<Row>): Promise<Row[]> {
  const found: Row[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

/** Fields of the rows of a CSV, the same in pieces of every size. */
async function fieldsOfCsv(text: string): Promise<unknown[]> {
  const whole = await all(readCsv(piecesOf(text, text.length), ","));
  for (let size = 1; size < Math.min(8, text.length); size++) {
    expect(await all(readCsv(piecesOf(text, size), ",")), `pieces of ${size}`).toEqual(whole);
  }
  return whole.map((row) => row.fields);
}

const fieldsOfLines = async (text: string): Promise<unknown[]> =>
  (await all(readNdjson(piecesOf(text, 7)))).map((row) => row.fields);

test("SN40: whole numbers beyond 2^53 keep all their digits, as texts; nothing else of a line changes", async () => {
  const line = String.raw`{"id":9007199254740993,"neg":-12345678901234567890,"fits":9007199254740991,"decimal":0.12345678901234567,"exp":1e25,"text":"9007199254740993 \" 9007199254740993","deep":[{"n":9007199254740993}]}`;
  expect(await fieldsOfLines(line)).toEqual([
    {
      id: "9007199254740993",
      neg: "-12345678901234567890",
      fits: 9007199254740991,
      decimal: Number("0.12345678901234567"),
      exp: 1e25,
      text: '9007199254740993 " 9007199254740993',
      deep: [{ n: "9007199254740993" }],
    },
  ]);
});

const noonMs = Date.UTC(2020, 5, 1, 12);

test.each([
  ["2020-06-01T12:00:00Z", noonMs],
  ["2020-06-01 12:00:00", noonMs],
  [" 2020-06-01 12:00:00.250 UTC ", noonMs + 250],
  ["2020-06-01 14:00:00+02", noonMs],
  ["2020-06-01 14:00:00.000 +0200", noonMs],
  ["2020-06-01 06:30:00.123456-05:30", noonMs + 123],
  ["2020-06-01", noonMs - 12 * 3_600_000],
  [noonMs / 1000, noonMs],
  [String(noonMs / 1000), noonMs],
  [`${noonMs / 1000}.5`, noonMs + 500],
  [noonMs, noonMs],
  [String(noonMs), noonMs],
  [`${noonMs}999`, noonMs],
  [noonMs * 1000, noonMs],
  [`${noonMs}000000`, noonMs],
  [new Date(noonMs), noonMs],
  [new Date(Number.NaN), null],
  ["06/01/2020", null],
  ["1 June 2020", null],
  ["12345678", null],
  ["", null],
  [Number.POSITIVE_INFINITY, null],
])("SN41: the time %j is read as %j", (value, timeMs) => {
  expect(rowTimeMs(value)).toBe(timeMs);
});

test("SN43: CSV may end its lines with LF, CRLF or CR; line ends within quotes stay as they are", async () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    expect(await fieldsOfCsv(["a,b", '1,"x\r\ny"', "2,", '3,"z\r"', ""].join(end))).toEqual([
      { a: "1", b: "x\r\ny" },
      { a: "2" },
      { a: "3", b: "z\r" },
    ]);
  }
});

test("SN43: rows of fewer cells lack the rest; rows of more, or of a quote that is never closed, are no events", async () => {
  expect(await fieldsOfCsv('\ufeffa,b\n1\n1,2,,\n1,2,3\n4,"open,\n5,6')).toEqual([
    { a: "1" },
    { a: "1", b: "2" },
    null,
    null,
  ]);
  expect(await fieldsOfCsv("a\n" + ",".repeat(20_000) + "\n1")).toEqual([null, { a: "1" }]);
  await expect(all(readCsv(piecesOf("a,b,a\n1,2,3", 5), ","))).rejects.toThrow('"a" stands twice');
});

test("SN45: a line that is longer than a row may be is one row that cannot be read, wherever it is cut", async () => {
  const long = `{"a":"${"x".repeat(1_500_000)}"}`;
  for (const size of [1 << 16, 1_000_000, 3_000_000]) {
    const rows = await all(readNdjson(piecesOf(`{"a":1}\n${long}\n{"a":2}`, size)));
    expect(rows.map((row) => row.fields)).toEqual([{ a: 1 }, null, { a: 2 }]);
  }
});

test("SN34: a number as message id is one", () => {
  const event = eventOfRow(
    { number: 1, text: "", fields: { message_id: 4711, timestamp: noonMs, userId: "u" } },
    rules,
  );
  expect(event.ok && event.value.messageId).toBe("4711");
});
