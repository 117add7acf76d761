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

/** Encodes a part of `user_day`; in the order of `UserFold`. */
export function encodeUserDays(users: readonly UserDay[]): Uint8Array<ArrayBuffer> {
  const counted = countedRows(users);
  const said = { ...metadata, [countedRowsKey]: String(counted) };
  const [cell, userId, anonymousId, isBot, beforeNoon, fromNoon, revenue] = userDayColumns;
  const given = [
    shared(cell, users, (user) => user.cell),
    shared(userId, users, (user) => user.userId),
    shared(anonymousId, users, (user) => user.anonymousId),
    shared(isBot, users, (user) => user.isBot),
    shared(beforeNoon, users, (user) => halvesOf(user.quarters)[0]),
    shared(fromNoon, users, (user) => halvesOf(user.quarters)[1]),
    shared(revenue, users, (user) => (user.revenue.length === 0 ? null : JSON.stringify(user.revenue))),
  ];
  return encodeColumns(given, users.length, { metadata: said, groupStarts: [counted] });
}

/** A column in which each value stands once: rows as objects of their own took a third of what a pass holds in memory. */
function shared(
  column: GivenColumn["column"],
  users: readonly UserDay[],
  valueOf: (user: UserDay) => string | number | boolean | null,
): GivenColumn {
  const places = new Map<string | number | boolean | null, number>();
  const at = new Uint32Array(users.length);
  for (const [row, user] of users.entries()) {
    const value = valueOf(user);
    const place = places.get(value) ?? places.size;
    if (place === places.size) places.set(value, place);
    at[row] = place;
  }
  return { column, cells: [...places.keys()], at };
}

/** Rows of the cells by which every day is counted: they come first, in row groups of their own. */
function countedRows(users: readonly UserDay[]): number {
  const first = users.findIndex((user) => isBehind(user.cell, countedCells.at(-1) ?? allCell));
  return first === -1 ? users.length : first;
}

/** Rows of the cell `all`. */
export function idsOf(users: readonly UserDay[]): number {
  return users.reduce((ids, user) => (user.cell === allCell ? ids + 1 : ids), 0);
}

/** Encodes a part of `link`, in the order of `UserFold`. */
export function encodeLinks(links: readonly Link[]): Uint8Array<ArrayBuffer> {
  const rows = links.map(({ anonymousId, userId, timeMs, messageId, isAlias }): RowOf<typeof linkColumns> => {
    return { anonymous_id: anonymousId, user_id: userId, time: timeMs, message_id: messageId, is_alias: isAlias };
  });
  return encodeTable(linkColumns, rows, { metadata });
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
