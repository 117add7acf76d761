import type { SlotCounts } from "./slot-counts.ts";

/*
 * What one packed row of D1 holds: one row per (project, day, family), its body JSON text with a fixed order of keys and
 * entries, so that the same day always has the same bytes. The reader trusts the bodies: only this package writes them.
 *
 * Rows of events are by UTC day and hold quarter hours, so that they answer in any time zone. Rows of users are by local
 * day of the project's own zone, which stands in the family: sets cannot be added.
 */

/** The families of a UTC day's rows; one per declared dimension besides. */
export type EventFamily = "counts" | "names" | "money" | `by ${string}`;

/** The families of a local day's, week's or month's rows, named by its first day. */
export type UserFamily = `${"users" | "trail" | "week" | "month"}@${string}`;

/** Counts that every KPI question reads: small. */
export interface CountsBody {
  /** Events of the day. */
  readonly rows: number;
  /** Stored events by type, ordered by type. */
  readonly types: readonly (readonly [string, SlotCounts])[];
  /** Track events that KPIs count, by name, ordered by name. */
  readonly events: readonly (readonly [string, SlotCounts])[];
}

/** Counts by type and event name: can be large, so it is apart from what every question reads. */
export interface NamesBody {
  /** Type, name ("" for none) and counts, ordered by type and name. */
  readonly names: readonly (readonly [string, string, SlotCounts])[];
  /** Events whose names are not listed, because the day has more distinct names than a row keeps. */
  readonly others: SlotCounts;
}

/** Counts of events by the values of one dimension. */
export interface ValuesBody {
  /** Value ("" where the event has none) and counts, ordered by value. */
  readonly values: readonly (readonly [string, SlotCounts])[];
  /** Events whose values are not listed, because the day has more of them than a row keeps. */
  readonly others: SlotCounts;
}

/** Sums by quarter hour: quarter hour and decimal text of six digits by turns, ascending. */
export type SlotSums = readonly (number | string)[];

/** Money of one currency; "" stands for events without currency. */
export interface CurrencyBody {
  readonly currency: string;
  readonly orders: SlotCounts;
  readonly orderRevenue: SlotSums;
  readonly refunds: SlotCounts;
  readonly refundRevenue: SlotSums;
}

/** Money by currency, ordered by currency. */
export interface MoneyBody {
  readonly currencies: readonly CurrencyBody[];
  /** What Campaign Cost events state, by currency; absent on days without one. */
  readonly costs?: readonly (readonly [string, SlotSums])[];
}

/** Paying users by currency as stated by the events, ordered by currency. */
export type PayingUsers = readonly (readonly [string, number])[];

/** Distinct users of a local day. */
export interface UsersBody {
  readonly active: number;
  readonly paying: PayingUsers;
}

/** How a period's active users compare with those before. */
export interface ReturnBody {
  /** First active ever. */
  readonly new: number;
  /** Active in the period before as well. */
  readonly returning: number;
  /** Active before, but not in the period before. */
  readonly resurrected: number;
  /** Active in the period before, and no more. */
  readonly churned: number;
  /** Active in the period before. */
  readonly before: number;
}

/** What a local day's number of users is compared with: the days before it. */
export interface TrailBody extends ReturnBody {
  /** Distinct active users of the 7 days that end with it. */
  readonly wau: number;
  /** Of the 30 days that end with it. */
  readonly mau: number;
}

/** Users of a calendar week. */
export type WeekBody = UsersBody & ReturnBody;

/** Users of a calendar month. */
export type MonthBody = UsersBody;

/** The rows of events of one UTC day; a family is `null` where the day has no row of it. */
export interface DayRollup {
  readonly counts: CountsBody | null;
  readonly money: MoneyBody | null;
  readonly names: NamesBody | null;
  /** Of the dimension asked for. */
  readonly values: ValuesBody | null;
}

/** A day without events. */
export const emptyDay: DayRollup = { counts: null, money: null, names: null, values: null };

/** A row as stored. */
export interface StoredRollup {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly family: string;
  readonly body: string;
}

/** Groups stored rows of events by UTC day. */
export function rollupsByDay(rows: readonly StoredRollup[]): Map<string, DayRollup> {
  const days = new Map<string, DayRollup>();
  for (const row of rows) days.set(row.day, withFamily(days.get(row.day) ?? emptyDay, row));
  return days;
}

function withFamily(held: DayRollup, row: StoredRollup): DayRollup {
  if (row.family === "counts") return { ...held, counts: JSON.parse(row.body) as CountsBody };
  if (row.family === "money") return { ...held, money: JSON.parse(row.body) as MoneyBody };
  if (row.family === "names") return { ...held, names: JSON.parse(row.body) as NamesBody };
  return row.family.startsWith("by ") ? { ...held, values: JSON.parse(row.body) as ValuesBody } : held;
}
