import {
  type Columns,
  encodeColumns,
  encodeTable,
  type GivenColumn,
  readTableMetadata,
  type RowOf,
  scanTable,
  type TableFile,
} from "@sluice/lake";
import { allCell, countedCells, isBehind } from "./cells.ts";
import { dayText } from "./day.ts";
import type { Link } from "./identity.ts";
import { halvesOf, mapOfHalves } from "./quarter-hours.ts";
import type { UserDay } from "./user-fold.ts";

/*
 * The marts: small tables per project and UTC day, derived from the lake's events and written beside them.
 * `user_day` has one row per id and cell, `link` the earliest identify per anonymous id and the aliases. A day that is
 * built in several slices has one part per slice. The same events give the same bytes.
 */

/** Raised when a mart's rows change their meaning: days are then built again. */
export const martVersion = 3;

/** One row per cell and id of the day. */
export const userDayColumns = [
  { name: "cell", type: "string", nullable: false, about: "`all`, `paid=EUR`, `event=Signed Up`, `country=DE` …" },
  { name: "user_id", type: "string", nullable: true, about: "The user id; null where the row is of an anonymous id" },
  {
    name: "anonymous_id",
    type: "string",
    nullable: true,
    about: "The anonymous id of events without user id; else null",
  },
  { name: "is_bot", type: "boolean", nullable: false, about: "Whether these events are flagged as a bot's" },
  {
    name: "quarters_am",
    type: "int64",
    nullable: false,
    about:
      "48 bits: active quarter hours from 00:00 UTC, the earliest in the lowest bit; in `paid=…` those with an order",
  },
  { name: "quarters_pm", type: "int64", nullable: false, about: "Likewise, from 12:00 UTC" },
  {
    name: "revenue",
    type: "json",
    nullable: true,
    about: '`[[quarter hour, "sum"], …]` in `paid=…`: revenue less refunds; else null',
  },
] as const satisfies Columns;

/** Identities that the day's events state. */
export const linkColumns = [
  { name: "anonymous_id", type: "string", nullable: false, about: "The anonymous id; of an alias, the previous id" },
  { name: "user_id", type: "string", nullable: false, about: "The user id it was identified with" },
  { name: "time", type: "timestamp", nullable: false, about: "Corrected time of the identify" },
  { name: "message_id", type: "string", nullable: false, about: "Its message id" },
  { name: "is_alias", type: "boolean", nullable: true, about: "Whether an alias joins the two for good" },
] as const satisfies Columns;

/** Names of the marts. */
export type MartName = "user_day" | "link";

/** One object of a mart, as the day's row in D1 records it. */
export interface MartPart {
  /** Number of the slice, from 0. */
  readonly index: number;
  readonly etag: string;
  readonly rows: number;
  /** Of these, rows of the cell `all`: ids of the day. */
  readonly ids: number;
}

/** Key of a part of a mart: `marts/user_day/project=P/dt=YYYY-MM-DD/part-00000.parquet`. */
export function martKey(mart: MartName, project: string, dayStartMs: number, index: number): string {
  return `marts/${mart}/project=${project}/dt=${dayText(dayStartMs)}/part-${String(index).padStart(5, "0")}.parquet`;
}

/** In the metadata of a part of `user_day`: rows of the cells by which every day is counted. */
const countedRowsKey = "sluice.counted_rows";

const metadata = { "sluice.mart": String(martVersion) };

/** A part of a mart on its way to R2. */
export interface EncodedMart {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  /** As of {@link MartPart}. */
  readonly ids: number;
}

/** Encodes a part of `user_day` of so many rows, given in the order of `UserFold` and kept by none: they are too many to be held at once. */
export function encodeUserDays(users: Iterable<UserDay>, rows: number): EncodedMart {
  const [cell, userId, anonymousId, isBot, beforeNoon, fromNoon, revenue] = userDayColumns.map(
    (column) => new SharedColumn(column, rows),
  );
  let counted = 0;
  let ids = 0;
  for (const user of users) {
    const [am, pm] = halvesOf(user.quarters);
    cell?.add(user.cell);
    userId?.add(user.userId);
    anonymousId?.add(user.anonymousId);
    isBot?.add(user.isBot);
    beforeNoon?.add(am);
    fromNoon?.add(pm);
    revenue?.add(user.revenue.length === 0 ? null : JSON.stringify(user.revenue));
    // They come first, in row groups of their own.
    if (!isBehind(user.cell, countedCells.at(-1) ?? allCell)) counted += 1;
    if (user.cell === allCell) ids += 1;
  }
  const columns = [cell, userId, anonymousId, isBot, beforeNoon, fromNoon, revenue];
  const given = columns.flatMap((column) => column?.given() ?? []);
  const said = { ...metadata, [countedRowsKey]: String(counted) };
  return { bytes: encodeColumns(given, rows, { metadata: said, groupStarts: [counted] }), rows, ids };
}

type Value = string | number | boolean | null;

/** A column in which each value stands once. */
class SharedColumn {
  readonly #column: GivenColumn["column"];
  readonly #places = new Map<Value, number>();
  readonly #at: Uint32Array;
  #rows = 0;

  constructor(column: GivenColumn["column"], rows: number) {
    this.#column = column;
    this.#at = new Uint32Array(rows);
  }

  add(value: Value): void {
    let place = this.#places.get(value);
    if (place === undefined) {
      place = this.#places.size;
      this.#places.set(value, place);
    }
    this.#at[this.#rows++] = place;
  }

  given(): GivenColumn {
    return { column: this.#column, cells: [...this.#places.keys()], at: this.#at };
  }
}

/** Encodes a part of `link`, in the order of `UserFold`. */
export function encodeLinks(links: readonly Link[]): EncodedMart {
  const rows = links.map(({ anonymousId, userId, timeMs, messageId, isAlias }): RowOf<typeof linkColumns> => {
    return { anonymous_id: anonymousId, user_id: userId, time: timeMs, message_id: messageId, is_alias: isAlias };
  });
  return { bytes: encodeTable(linkColumns, rows, { metadata }), rows: links.length, ids: links.length };
}

const activityColumns = ["cell", "user_id", "anonymous_id", "is_bot", "quarters_am", "quarters_pm"] as const;

/** What counting users needs of a row of `user_day`. */
export type ActiveId = Omit<UserDay, "revenue">;

/**
 * The ids of the cells that begin with one of `prefixes` (in the order of the mart), one row group after the other.
 * Reads no further than the last of them.
 */
export async function* scanActiveIds(file: TableFile, prefixes: readonly string[]): AsyncGenerator<ActiveId[]> {
  const isCounted = prefixes.every((prefix) => (countedCells as readonly string[]).includes(prefix));
  const rowsWanted = isCounted ? await countedRowsOf(file) : Number.POSITIVE_INFINITY;
  let read = 0;
  for await (const rows of scanTable(file, userDayColumns, activityColumns)) {
    yield rows.filter((row) => prefixes.some((prefix) => row.cell.startsWith(prefix))).map(activeId);
    read += rows.length;
    const last = rows.at(-1)?.cell ?? "";
    if (read >= rowsWanted || prefixes.every((prefix) => isBehind(last, prefix))) return;
  }
}

async function countedRowsOf(file: TableFile): Promise<number> {
  return Number((await readTableMetadata(file)).values.get(countedRowsKey) ?? Number.POSITIVE_INFINITY);
}

function activeId(row: Pick<RowOf<typeof userDayColumns>, (typeof activityColumns)[number]>): ActiveId {
  const { cell, user_id: userId, anonymous_id: anonymousId, is_bot: isBot } = row;
  return { cell, userId, anonymousId, isBot, quarters: mapOfHalves(row.quarters_am, row.quarters_pm) };
}

/** The rows of a part of `user_day`, one row group after the other. */
export async function* scanUserDays(file: TableFile): AsyncGenerator<UserDay[]> {
  const names = userDayColumns.map((column) => column.name);
  for await (const rows of scanTable(file, userDayColumns, names)) {
    yield rows.map((row) => {
      const revenue = row.revenue === null ? [] : (JSON.parse(row.revenue) as UserDay["revenue"]);
      return { ...activeId(row), revenue };
    });
  }
}

/** The links of a part of `link`, one row group after the other. */
export async function* scanLinks(file: TableFile): AsyncGenerator<Link[]> {
  for await (const rows of scanTable(
    file,
    linkColumns,
    linkColumns.map((column) => column.name),
  )) {
    yield rows.map((row) => {
      const { anonymous_id: anonymousId, user_id: userId, time: timeMs, message_id: messageId } = row;
      return { anonymousId, userId, timeMs, messageId, isAlias: row.is_alias ?? false };
    });
  }
}

/** The parts of a mart as D1 stores them; `[]` for none. */
export function martPartsText(parts: readonly MartPart[]): string {
  return JSON.stringify(parts.map(({ index, etag, rows, ids }) => [index, etag, rows, ids]));
}

/** Reads {@link martPartsText}. */
export function parseMartParts(text: string): MartPart[] {
  const parts = JSON.parse(text) as [number, string, number, number?][];
  return parts.map(([index, etag, rows, ids]) => ({ index, etag, rows, ids: ids ?? rows }));
}
