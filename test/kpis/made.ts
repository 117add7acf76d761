import { createHash, hash } from "node:crypto";
import { type Columns, compareText, eventColumns, readTable } from "@sluice/lake";
import { parseFewLinks } from "../../analytics/dist/few-links.js";
import { linkColumns, userDayColumns } from "../../analytics/dist/marts.js";
import { sessionColumns } from "../../analytics/dist/behaviour/session.js";
import { stepColumns } from "../../analytics/dist/behaviour/step.js";
import type { Link } from "../../analytics/src/identity.ts";
import { type KpiWorld, project } from "./world.ts";

/** A bucket as it is compared. */
export interface LakeObjects {
  /** The objects whose keys begin with a prefix, in any order. */
  list(prefix: string): Promise<readonly { readonly key: string; readonly etag: string }[]>;
  bytes(key: string): Promise<Uint8Array>;
}

/** Everything that follows from the events that were fed, as hashes that do not depend on the order of arrival. */
export interface Made {
  /** Rows of the lake; of an event that arrived twice, what differs between its copies is left out. */
  readonly rows: string;
  /** Rows of all marts; links among them, whether a mart holds those of a day or its row of D1. */
  readonly marts: string;
  /** Rows of D1 that hold numbers. */
  readonly rollups: string;
  /** Keys and etags of the marts: in one process the same code makes the same bytes. */
  readonly martBytes: string;
  readonly counts: {
    readonly rows: number;
    readonly marts: number;
    readonly martRows: number;
    readonly rollups: number;
  };
  /** Rows of D1 of the day that has most of them. */
  readonly rollupsOfDayMax: number;
}

/** What two worlds made otherwise. Bytes are compared where the same runtime compressed them in the same slices. */
export function differencesOf(a: Made, b: Made, comparesBytes: boolean): string[] {
  const compared = ["rows", "marts", "rollups", ...(comparesBytes ? (["martBytes"] as const) : [])] as const;
  return compared.filter((name) => a[name] !== b[name]);
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
  const rows = new FolderHash();
  await rows.addObjects(world.lake, "events/", () => eventColumns);
  const martRows = new FolderHash();
  await martRows.addObjects(world.lake, "marts/", (key) => marts.get(key.split("/")[1] ?? "") ?? []);
  for (const { day, links } of await world.fewLinks()) {
    const few = parseFewLinks(links).map(linkRow);
    martRows.add(`marts/link/project=${project}/dt=${day}`, few);
  }
  const bytes = createHash("sha256");
  const objects = (await world.lake.list("marts/")).toSorted((a, b) => compareText(a.key, b.key));
  for (const { key, etag } of objects) bytes.update(`${key} ${etag}\n`);
  const rollups = await world.rollups();
  const ofDay = new Map<string, number>();
  for (const { day } of rollups) ofDay.set(day, (ofDay.get(day) ?? 0) + 1);
  return {
    rows: rows.digest(),
    marts: martRows.digest(),
    rollups: createHash("sha256").update(JSON.stringify(rollups)).digest("hex"),
    martBytes: bytes.digest("hex"),
    counts: { rows: rows.count, marts: objects.length, martRows: martRows.count, rollups: rollups.length },
    rollupsOfDayMax: Math.max(0, ...ofDay.values()),
  };
}

function linkRow({ anonymousId, userId, timeMs, messageId, isAlias }: Link): object {
  return { anonymous_id: anonymousId, user_id: userId, time: timeMs, message_id: messageId, is_alias: isAlias };
}

/** Hashes the rows of folders in an order of their own, however many parts hold them. Of an event's row only a hash is kept meanwhile. */
class FolderHash {
  readonly #folders = new Map<string, string[]>();
  count = 0;

  add(folder: string, rows: readonly object[]): void {
    const held = this.#folders.get(folder) ?? [];
    this.#folders.set(folder, held);
    for (const row of rows) held.push(hash("sha1", JSON.stringify(row), "base64"));
    this.count += rows.length;
  }

  async addObjects(lake: LakeObjects, prefix: string, columnsOf: (key: string) => Columns): Promise<void> {
    for (const { key } of await lake.list(prefix)) {
      const columns = columnsOf(key);
      const names = columns.map(({ name }) => name).filter((name) => !ofReceipt.has(name));
      this.add(key.slice(0, key.lastIndexOf("/")), await readTable(await lake.bytes(key), columns, names));
    }
  }

  digest(): string {
    const all = createHash("sha256");
    for (const [folder, rows] of [...this.#folders].sort(([a], [b]) => compareText(a, b))) {
      if (rows.length > 0) all.update(`${folder}\n${rows.sort().join("\n")}\n`);
    }
    return all.digest("hex");
  }
}
