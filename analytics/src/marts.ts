import { type Columns, encodeTable, type RowOf, scanTable, type TableFile } from "@sluice/lake";
import { dayText } from "./day.ts";
import type { Link } from "./identity.ts";
import type { UserDay } from "./user-fold.ts";

/*
 * The marts: small tables per project and UTC day, derived from the lake's events and written beside them.
 * `user_day` has one row per id, `link` the earliest identify per anonymous id. A day that is built in several
 * slices has one part per slice. The same events give the same bytes.
 */

/** One row per user id of the day or, for events without one, per anonymous id. */
const userDayColumns = [
  { name: "user_id", type: "string", nullable: true, about: "The user id; null where the row is of an anonymous id" },
  {
    name: "anonymous_id",
    type: "string",
    nullable: true,
    about: "The anonymous id of events without user id; else null",
  },
  { name: "events", type: "int64", nullable: false, about: "Its track, page and screen events not flagged as bot" },
  { name: "active", type: "boolean", nullable: false, about: "Whether it has such an event" },
] as const satisfies Columns;

/** The earliest identify of the day per anonymous id. */
const linkColumns = [
  { name: "anonymous_id", type: "string", nullable: false, about: "The anonymous id" },
  { name: "user_id", type: "string", nullable: false, about: "The user id it was identified with" },
  { name: "time", type: "timestamp", nullable: false, about: "Corrected time of the identify" },
  { name: "message_id", type: "string", nullable: false, about: "Its message id" },
] as const satisfies Columns;

/** Names of the marts. */
export type MartName = "user_day" | "link";

/** One object of a mart, as the day's row in D1 records it. */
export interface MartPart {
  /** Number of the slice, from 0. */
  readonly index: number;
  readonly etag: string;
  readonly rows: number;
}

/** Key of a part of a mart: `marts/user_day/project=P/dt=YYYY-MM-DD/part-00000.parquet`. */
export function martKey(mart: MartName, project: string, dayStartMs: number, index: number): string {
  return `marts/${mart}/project=${project}/dt=${dayText(dayStartMs)}/part-${String(index).padStart(5, "0")}.parquet`;
}

const metadata = { "sluice.mart": "1" };

/** Encodes a part of `user_day`; the ids in the order of `UserFold`. */
export function encodeUserDays(users: readonly UserDay[]): Uint8Array<ArrayBuffer> {
  const rows = users.map(({ userId, anonymousId, events }): RowOf<typeof userDayColumns> => {
    return { user_id: userId, anonymous_id: anonymousId, events, active: events > 0 };
  });
  return encodeTable(userDayColumns, rows, { metadata });
}

/** Encodes a part of `link`, ordered by anonymous id. */
export function encodeLinks(links: readonly Link[]): Uint8Array<ArrayBuffer> {
  const rows = links.map(({ anonymousId, userId, timeMs, messageId }): RowOf<typeof linkColumns> => {
    return { anonymous_id: anonymousId, user_id: userId, time: timeMs, message_id: messageId };
  });
  return encodeTable(linkColumns, rows, { metadata, sortedBy: ["anonymous_id"] });
}

/** The active ids of a part of `user_day`, one row group after the other. */
export async function* scanActiveIds(file: TableFile): AsyncGenerator<UserDay[]> {
  for await (const rows of scanTable(file, userDayColumns, ["user_id", "anonymous_id", "events", "active"])) {
    const active = rows.filter((row) => row.active);
    yield active.map((row) => ({ userId: row.user_id, anonymousId: row.anonymous_id, events: row.events }));
  }
}

/** The links of a part of `link`, one row group after the other. */
export async function* scanLinks(file: TableFile): AsyncGenerator<Link[]> {
  for await (const rows of scanTable(file, linkColumns, ["anonymous_id", "user_id", "time", "message_id"])) {
    yield rows.map((row) => {
      return { anonymousId: row.anonymous_id, userId: row.user_id, timeMs: row.time, messageId: row.message_id };
    });
  }
}

/** The parts of a mart as D1 stores them; `[]` for none. */
export function martPartsText(parts: readonly MartPart[]): string {
  return JSON.stringify(parts.map(({ index, etag, rows }) => [index, etag, rows]));
}

/** Reads {@link martPartsText}. */
export function parseMartParts(text: string): MartPart[] {
  return (JSON.parse(text) as [number, string, number][]).map(([index, etag, rows]) => ({ index, etag, rows }));
}
