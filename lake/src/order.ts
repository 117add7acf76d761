import type { RejectedRow, Row } from "./columns.ts";

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

/** Total order of `events`: {@link eventOrder}, nulls first; the receipt decides between equal ids of two key kinds. */
export function compareRows(a: Row, b: Row): number {
  return (
    compareNullable(a.anonymous_id, b.anonymous_id) ||
    a.time - b.time ||
    compareText(a.message_id, b.message_id) ||
    compareText(a.receipt_id, b.receipt_id) ||
    a.receipt_index - b.receipt_index
  );
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
