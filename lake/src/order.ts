import type { CellValue } from "./column.ts";
import type { RejectedRow, Row } from "./columns.ts";
import type { GivenColumn } from "./write-table.ts";

/**
 * Compares two texts by code point, which is the order of their UTF-8 bytes, of Parquet's bounds and of SQL
 * engines. JavaScript's `<` differs: it puts emoji before U+E000.
 */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  if (i === length) return a.length - b.length;
  return rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
}

/** Order of a code unit within code point order: surrogates stand for the highest code points. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Columns by which `events` files are sorted. */
export const eventOrder = ["anonymous_id", "time", "message_id"] as const;

type SortKey = "anonymous_id" | "time" | "message_id" | "receipt_id" | "receipt_index";

/** Total order of `events`: {@link eventOrder}, nulls first; the receipt decides between equal ids of two key kinds. */
export function compareRows(a: Pick<Row, SortKey>, b: Pick<Row, SortKey>): number {
  return (
    compareNullable(a.anonymous_id, b.anonymous_id) ||
    a.time - b.time ||
    compareText(a.message_id, b.message_id) ||
    compareText(a.receipt_id, b.receipt_id) ||
    a.receipt_index - b.receipt_index
  );
}

/** The rows of `events` in their order ({@link compareRows}), as numbers. */
export function orderOfEvents(columns: readonly GivenColumn[]): Uint32Array {
  const given = new Map(columns.map((entry) => [entry.column.name, entry]));
  const columnOf = (name: SortKey): ((row: number) => CellValue) => {
    const found = given.get(name);
    return (row) => found?.cells[found.at[row] ?? 0] ?? null;
  };
  const anonymousId = columnOf("anonymous_id");
  const time = columnOf("time");
  const messageId = columnOf("message_id");
  const receiptId = columnOf("receipt_id");
  const receiptIndex = columnOf("receipt_index");
  const keysOf = (row: number): Pick<Row, SortKey> =>
    ({
      anonymous_id: anonymousId(row),
      time: time(row),
      message_id: messageId(row),
      receipt_id: receiptId(row),
      receipt_index: receiptIndex(row),
    }) as Pick<Row, SortKey>;
  const count = columns[0]?.at.length ?? 0;
  const { ranks, times } = numericKeys(count, anonymousId, time);
  const rows = Array.from({ length: count }, (_, row) => row);
  rows.sort(
    (a, b) =>
      (ranks[a] ?? 0) - (ranks[b] ?? 0) || (times[a] ?? 0) - (times[b] ?? 0) || compareRows(keysOf(a), keysOf(b)),
  );
  return Uint32Array.from(rows);
}

/** Places of anonymous ids among each other, and times: numbers, by which nearly all rows are told apart. */
function numericKeys(
  count: number,
  anonymousId: (row: number) => CellValue,
  time: (row: number) => CellValue,
): { readonly ranks: Uint32Array; readonly times: Float64Array } {
  const numbers = new Map<string | null, number>();
  const ranks = new Uint32Array(count);
  const times = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    const id = anonymousId(row) as string | null;
    const number = numbers.get(id) ?? numbers.size;
    numbers.set(id, number);
    ranks[row] = number;
    times[row] = time(row) as number;
  }
  const rankOf = new Uint32Array(numbers.size);
  [...numbers].sort(([a], [b]) => compareNullable(a, b)).forEach(([, number], rank) => (rankOf[number] = rank));
  for (let row = 0; row < count; row++) ranks[row] = rankOf[ranks[row] ?? 0] ?? 0;
  return { ranks, times };
}

/** Columns by which `rejected` files are sorted. */
export const rejectedOrder = ["received_time", "receipt_id", "receipt_index"] as const;

/** Total order of `rejected`. */
export function compareRejectedRows(a: RejectedRow, b: RejectedRow): number {
  return (
    a.received_time - b.received_time || compareText(a.receipt_id, b.receipt_id) || a.receipt_index - b.receipt_index
  );
}

function compareNullable(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return compareText(a, b);
}
