/*
 * What one packed row of D1 holds: one row per (project, UTC day, family), its body JSON text with a fixed order
 * of keys and entries, so that the same day always has the same bytes. The reader trusts the bodies: only this
 * package writes them.
 */

/** The families of roll-up rows: what one row of a day holds. */
export type Family = "counts" | "names" | "money" | "users";

/** Counts that every KPI question reads: small. */
export interface CountsBody {
  readonly rows: number;
  /** Stored events by type, ordered by type. */
  readonly types: readonly (readonly [string, number])[];
  /** Track events that KPIs count, by name, ordered by name. */
  readonly events: readonly (readonly [string, number])[];
}

/** Counts by type and event name: can be large, so it is apart from what every question reads. */
export interface NamesBody {
  /** Type, name ("" for none) and count, ordered by type and name. */
  readonly names: readonly (readonly [string, string, number])[];
  /** Events whose names are not listed, because the day has more distinct names than a row keeps. */
  readonly otherEvents: number;
}

/** Money of one currency; "" stands for events without currency. Sums are decimal text with six digits. */
interface CurrencyBody {
  readonly currency: string;
  readonly orders: number;
  readonly orderRevenue: string;
  readonly refunds: number;
  readonly refundRevenue: string;
}

/** Money by currency, ordered by currency. */
export interface MoneyBody {
  readonly currencies: readonly CurrencyBody[];
}

/** Distinct users. */
export interface UsersBody {
  readonly dau: number;
}

/** The roll-ups of one day; a family is `null` where the day has no row of it. */
export interface DayRollup {
  readonly counts: CountsBody | null;
  readonly money: MoneyBody | null;
  readonly users: UsersBody | null;
}

/** A row as stored. */
export interface StoredRollup {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly family: string;
  readonly body: string;
}

/** Groups stored rows by day. */
export function rollupsByDay(rows: readonly StoredRollup[]): Map<string, DayRollup> {
  const days = new Map<string, DayRollup>();
  for (const row of rows) {
    const held = days.get(row.day) ?? { counts: null, money: null, users: null };
    days.set(row.day, withFamily(held, row));
  }
  return days;
}

function withFamily(held: DayRollup, row: StoredRollup): DayRollup {
  switch (row.family) {
    case "counts":
      return { ...held, counts: JSON.parse(row.body) as CountsBody };
    case "money":
      return { ...held, money: JSON.parse(row.body) as MoneyBody };
    case "users":
      return { ...held, users: JSON.parse(row.body) as UsersBody };
    default:
      return held;
  }
}
