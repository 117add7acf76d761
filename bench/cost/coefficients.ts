import type { Recording } from "./recording.ts";

/** What one step of the pipeline was billed for, on average over all recordings. */
export interface Coefficients {
  readonly queueOperationsPerRequest: number;
  /** Rows of the log per append, block table, fold and part that is put; an alarm that is set is one more. */
  readonly objectRowsPerAppend: number;
  readonly objectRowsPerSeal: number;
  readonly objectRowsPerFold: number;
  readonly objectRowsPerPut: number;
  readonly objectRowsReadPerAppend: number;
  readonly objectRowsReadPerAlarm: number;
  /** Rows of D1 per run of the roll-up that finds something, and per day that it builds. */
  readonly d1RowsPerRollup: number;
  readonly d1RowsPerRebuild: number;
  readonly d1RowsReadPerMinute: number;
  readonly sizes: RowSizes;
}

/** Means of rows in the log. */
export interface RowSizes {
  /** Characters of JSON. */
  readonly textPerRow: number;
  /** Bytes as they came: compressed, with their share of the receipt. */
  readonly bytesPerRow: number;
}

/**
 * A run takes the lease and gives it back. It also renews it every 15 s, which the recording does far too often: its clock
 * runs faster, but not its Worker.
 */
const leaseRowsPerRollup = 2;

/** Sums over one or several recordings. */
export interface Sums {
  /** Of a handler's counts, all whose unit begins like this. */
  readonly of: (handler: string, unitPrefix: string) => number;
  readonly minutes: number;
  readonly requests: number;
  /** Runs of the roll-up that took the lease: a row to take it, a row to give it back. */
  readonly rollups: number;
  readonly rebuilds: number;
}

/** Adds recordings up. */
export function sumsOf(recordings: readonly Recording[]): Sums {
  const total = (take: (recording: Recording) => number): number =>
    recordings.reduce((sum, recording) => sum + take(recording), 0);
  const of = (handler: string, unitPrefix: string): number =>
    total(({ counts }) =>
      [...counts].reduce((sum, [key, value]) => (key.startsWith(`${handler}|${unitPrefix}`) ? sum + value : sum), 0),
    );
  return {
    of,
    minutes: total((recording) => recording.minutes),
    requests: total((recording) => recording.requests),
    rollups: of("analytics cron", "d1 written outbox_cursor"),
    rebuilds: of("analytics cron", "A list events"),
  };
}

/** Divides what was counted by how often each step happened. */
export function coefficientsOf(recordings: readonly Recording[]): Coefficients {
  const sums = sumsOf(recordings);
  const { of, minutes, rollups, rebuilds } = sums;
  const appends = of("log append", "calls");
  const alarms = of("log alarm", "calls");
  const puts = of("log alarm", "A put events");
  const written = (handler: string, ...tables: readonly string[]): number =>
    tables.reduce((sum, table) => sum + of(handler, table), 0);
  const foldTables = ["seen", "slices", "ledger", "arrivals", "meta foldedThrough"].map(
    (table) => `sql written ${table}`,
  );
  const perRollup = written(
    "analytics cron",
    ...["outbox_cursor", "project_rollup", "job_run"].map((table) => `d1 written ${table}`),
  );
  return {
    queueOperationsPerRequest: of("edge fetch", "queue operations") / of("edge fetch", "messages"),
    objectRowsPerAppend: written("log append", "sql written blocks") / appends,
    objectRowsPerSeal: written("log alarm", "sql written blocks") / of("log alarm", "seals"),
    objectRowsPerFold: written("log alarm", ...foldTables) / of("log alarm", "folds"),
    objectRowsPerPut: written("log alarm", "sql written parts") / puts,
    objectRowsReadPerAppend: of("log append", "sql read") / appends,
    objectRowsReadPerAlarm: of("log alarm", "sql read") / alarms,
    d1RowsPerRollup: leaseRowsPerRollup + perRollup / rollups,
    d1RowsPerRebuild: of("analytics cron", "d1 written rollup") / rebuilds,
    d1RowsReadPerMinute: of("analytics cron", "d1 read") / minutes,
    sizes: {
      textPerRow: of("log append", "row text") / of("log append", "rows"),
      bytesPerRow: of("edge fetch", "message bytes") / of("log append", "rows"),
    },
  };
}
