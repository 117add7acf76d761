import { dayPrefix, readRejected, readRows, type RejectedRow, type Row } from "@sluice/lake";
import type { Dataset } from "@sluice/schema";
import { dayOf } from "../day.ts";
import { getPinned, type LakeBucket, listAll } from "./lake-objects.ts";

/** What one question may read. */
const partsMax = 48;
const bytesMax = 256_000_000;

/** A row of the lake that has the id, and where it stands. */
export interface Found<Fields> {
  readonly key: string;
  readonly row: Fields;
}

/** What a search found, and whether it saw every part of the hours. */
export interface SearchResult<Fields> {
  readonly found: Found<Fields> | null;
  readonly isComplete: boolean;
}

const eventNames = [
  "message_id",
  "receipt_id",
  "receipt_index",
  "received_time",
  "time",
  "key_kind",
  "source",
] as const;
const rejectedNames = [
  "message_id",
  "receipt_id",
  "receipt_index",
  "received_time",
  "key_kind",
  "source",
  "reason",
  "field",
  "message",
] as const;

/** The event of an id, as it is stored. */
export type StoredEvent = Pick<Row, (typeof eventNames)[number]>;
/** A rejection of an id. */
export type StoredRejection = Pick<RejectedRow, (typeof rejectedNames)[number]>;

/**
 * Searches the parts of some hours, the first hours first. Ids are not sorted within a file, so that their column is read whole; the
 * others only where it holds the id.
 */
export async function findEvent(
  lake: LakeBucket,
  project: string,
  hours: readonly number[],
  matches: (row: Pick<Row, "message_id" | "key_kind">) => boolean,
): Promise<SearchResult<StoredEvent>> {
  return findRow(lake, { dataset: "events", project, hours }, async (file) => {
    const index = (await readRows(file, ["message_id", "key_kind"])).findIndex(matches);
    return index < 0 ? undefined : (await readRows(file, eventNames))[index];
  });
}

/** Likewise for rejections. */
export async function findRejection(
  lake: LakeBucket,
  project: string,
  hours: readonly number[],
  matches: (row: StoredRejection) => boolean,
): Promise<SearchResult<StoredRejection>> {
  return findRow(lake, { dataset: "rejected", project, hours }, async (file) => {
    return (await readRejected(file, rejectedNames)).find(matches);
  });
}

async function findRow<Fields>(
  lake: LakeBucket,
  place: { readonly dataset: Dataset; readonly project: string; readonly hours: readonly number[] },
  rowIn: (file: ArrayBuffer) => Promise<Fields | undefined>,
): Promise<SearchResult<Fields>> {
  let parts = 0;
  let bytes = 0;
  let isComplete = true;
  for (const hourMs of place.hours) {
    const hour = new Date(hourMs).toISOString().slice(11, 13);
    const prefix = `${dayPrefix(place.dataset, place.project, dayOf(hourMs))}hour=${hour}/`;
    for (const { key, etag, size } of await listAll(lake, prefix)) {
      parts += 1;
      bytes += size;
      if (parts > partsMax || bytes > bytesMax) return { found: null, isComplete: false };
      const file = await getPinned(lake, key, etag);
      if (file === null) {
        isComplete = false; // replaced since the listing: who asks again finds the new version
        continue;
      }
      const row = await rowIn(file);
      if (row !== undefined) return { found: { key, row }, isComplete: true };
    }
  }
  return { found: null, isComplete };
}
