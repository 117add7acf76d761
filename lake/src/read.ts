import type { Dataset } from "@sluice/schema";
import { eventColumns, formatVersion, rejectedColumns, type RejectedRow, type Row } from "./columns.ts";
import type { PartSource } from "./encode.ts";
import { EventTable } from "./event-table.ts";
import { readTable, readTableMetadata, scanCells, scanTable, type TableFile } from "./read-table.ts";

/** Reads some columns of a part of `events`, in file order. */
export async function readRows<Name extends keyof Row>(
  file: TableFile,
  columns: readonly Name[],
): Promise<Pick<Row, Name>[]> {
  return readTable(file, eventColumns, columns);
}

/** Likewise, one row group of at most 10,000 rows after the other. */
export function scanRows<Name extends keyof Row>(
  file: TableFile,
  columns: readonly Name[],
): AsyncGenerator<Pick<Row, Name>[]> {
  return scanTable(file, eventColumns, columns);
}

/** Reads a part of `events` whole, as columns, to be put together with others. */
export async function readEventTable(file: TableFile): Promise<EventTable> {
  const table = new EventTable();
  const names = eventColumns.map(({ name }) => name);
  for await (const { count, cells } of scanCells(file, eventColumns, names)) table.addStored(cells, count);
  return table;
}

/** Reads some columns of a part of `rejected`, in file order. */
export async function readRejected<Name extends keyof RejectedRow>(
  file: TableFile,
  columns: readonly Name[],
): Promise<Pick<RejectedRow, Name>[]> {
  return readTable(file, rejectedColumns, columns);
}

/** What a part says about itself. */
export interface PartMeta extends PartSource {
  readonly format: number;
  readonly dataset: Dataset;
  readonly rows: number;
}

/**
 * Reads a part's metadata without its rows.
 *
 * @throws when the file is no part of a Sluice lake, or of a format newer than this reader's.
 */
export async function readMeta(file: TableFile): Promise<PartMeta> {
  const { rows, values } = await readTableMetadata(file);
  const format = Number(values.get("sluice.format"));
  const dataset = values.get("sluice.dataset");
  const birthId = values.get("sluice.birth");
  const logSequence = Number(values.get("sluice.sequence"));
  const isDataset = dataset === "events" || dataset === "rejected";
  if (!isDataset || birthId === undefined || !Number.isSafeInteger(logSequence)) {
    throw new Error("not a part of a Sluice lake");
  }
  if (!(format >= 1 && format <= formatVersion)) throw new Error(`lake format ${format} is not known here`);
  return { format, dataset, birthId, logSequence, rows };
}
