/*
 * @sluice/lake: the format of the lake. What a row is, how it follows from an event, where its file lies, and
 * how files are written and read. FORMAT.md describes the result.
 * Called by queue-consumer (rows, encoding), analytics (reading, tables of its own for marts) and tests.
 * It never knows of queues, storage or HTTP, and never reads a clock.
 */
export type { CellValue, Column, Columns, ColumnType, RowOf } from "./column.ts";
export { eventColumns, formatVersion, rejectedColumns, type RejectedRow, type Row } from "./columns.ts";
export { formatDecimal, parseDecimal, scaledOf } from "./decimal.ts";
export { type EventPlace, placeOf } from "./event-place.ts";
export { encodeEvents, encodeEventTable, encodeRejected, type PartSource } from "./encode.ts";
export { EventTable } from "./event-table.ts";
export { fileBytesMax, rowGroupRowsMax } from "./limits.ts";
export { compareRejectedRows, compareRows, compareText } from "./order.ts";
export { dayPrefix, parsePartKey, partKey, type PartPlace } from "./paths.ts";
export { type PartMeta, readEventTable, readMeta, readRejected, readRows, scanRows } from "./read.ts";
export {
  type ColumnBounds,
  type Projection,
  type RangeReader,
  readTable,
  readTableMetadata,
  type RowGroupReader,
  scanGroups,
  scanTable,
  type TableFile,
  type TableMetadata,
} from "./read-table.ts";
export { type RejectedReceipt, rejectedRowOf } from "./rejected-row.ts";
export { rowOf } from "./row.ts";
export { type ScannedEvent, SentEvents } from "./sent-events.ts";
export { encodeColumns, encodeTable, type GivenColumn, type TableOptions } from "./write-table.ts";
