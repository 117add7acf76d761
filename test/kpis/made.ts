import { createHash, type Hash } from "node:crypto";
import { type Columns, compareText, eventColumns, parsePartKey, readTable } from "@sluice/lake";
import { linkColumns, userDayColumns } from "../../analytics/dist/marts.js";
import { sessionColumns } from "../../analytics/dist/behaviour/session.js";
import { stepColumns } from "../../analytics/dist/behaviour/step.js";
import type { KpiWorld } from "./world.ts";

/** What of a bucket is compared. */
export interface LakeObjects {
  keys(prefix: string): Promise<string[]>;
  etag(key: string): string;
  bytes(key: string): Promise<Uint8Array>;
}

/** Everything that follows from the events that were fed, as hashes that do not depend on the order of arrival. */
export interface Made {
  /** Rows of the lake; of an event that arrived twice, what differs between its copies is left out. */
  readonly rows: string;
  /** Rows of all marts. */
  readonly marts: string;
  /** Rows of D1 that hold numbers. */
  readonly rollups: string;
  /** Keys and etags of the marts: in one process the same code makes the same bytes. */
  readonly martBytes: string;
  readonly counts: { readonly rows: number; readonly marts: number; readonly martRows: number; readonly rollups: number };
  /** Rows of D1 of the day that has most of them. */
  readonly rollupsOfDayMax: number;
}

/** Of two copies of an event the first to arrive is kept, with the receipt of its request. */
const ofReceipt: ReadonlySet<string> = new Set(["receipt_id", "receipt_index", "received_time", "sent_time"]);

const marts = new Map<string, Columns>([
  ["user_day", userDayColumns],
  ["link", linkColumns],
  ["step", stepColumns],
  ["session", sessionColumns],
]);

/** Looks at everything that a world has made. */
export async function madeBy(world: KpiWorld): Promise<Made> {
  const eventsHash = createHash("sha256");
  const rows = await hashFolders(world.lake, "events/", eventsHash, () => eventColumns);
  const martsHash = createHash("sha256");
  const martRows = await hashFolders(world.lake, "marts/", martsHash, (key) => marts.get(key.split("/")[1] ?? "") ?? []);
  const bytes = createHash("sha256");
  const martKeys = (await world.lake.keys("marts/")).sort(compareText);
  for (const key of martKeys) bytes.update(`${key} ${world.lake.etag(key)}\n`);
  const rollups = (await world.rollups()) as readonly { readonly day: string }[];
  const ofDay = new Map<string, number>();
  for (const { day } of rollups) ofDay.set(day, (ofDay.get(day) ?? 0) + 1);
  const rollupsHash = createHash("sha256");
  for (const row of rollups) rollupsHash.update(JSON.stringify(row));
  return {
    rows: eventsHash.digest("hex"),
    marts: martsHash.digest("hex"),
    rollups: rollupsHash.digest("hex"),
    martBytes: bytes.digest("hex"),
    counts: { rows, marts: martKeys.length, martRows, rollups: rollups.length },
    rollupsOfDayMax: Math.max(0, ...ofDay.values()),
  };
}

/** Hashes the rows of each folder in an order of their own, however many parts hold them; returns how many there are. */
async function hashFolders(
  lake: LakeObjects,
  prefix: string,
  hash: Hash,
  columnsOf: (key: string) => Columns,
): Promise<number> {
  const folders = new Map<string, string[]>();
  for (const key of await lake.keys(prefix)) {
    if (prefix === "events/" && parsePartKey(key) === null) throw new Error(`${key} is no part`);
    const folder = key.slice(0, key.lastIndexOf("/"));
    folders.set(folder, [...(folders.get(folder) ?? []), key]);
  }
  let count = 0;
  for (const [folder, keys] of [...folders].sort(([a], [b]) => compareText(a, b))) {
    const texts: string[] = [];
    for (const key of keys) {
      const columns = columnsOf(key);
      const names = columns.map(({ name }) => name).filter((name) => !ofReceipt.has(name));
      const rows = await readTable(await lake.bytes(key), columns, names);
      for (const row of rows) texts.push(JSON.stringify(row));
    }
    hash.update(`${folder}\n${texts.sort().join("\n")}\n`);
    count += texts.length;
  }
  return count;
}
