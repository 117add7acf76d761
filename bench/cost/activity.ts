import type { PublishPolicy } from "../../queue-consumer/src/log/publish-plan.ts";

/** Settings that decide how often something happens. */
export interface Settings {
  readonly publish: PublishPolicy;
  /** For how long the log keeps published blocks. */
  readonly liveMs: number;
  readonly batchMessagesMax: number;
  readonly batchWaitMs: number;
  /** Shortest pause between two roll-ups of the project. */
  readonly rollupMs: number;
  /** How often an isolate of the edge looks at the registry while it has requests. */
  readonly registryLooksPerMinute: number;
  /** Somebody asks for the project's numbers at least once an hour, day and night. */
  readonly isAskedFor: boolean;
  /** Runs of each Worker's cron: one every so many whole minutes. */
  readonly cronsPerMonth: { readonly edge: number; readonly consumer: number; readonly analytics: number };
}

/** How often each thing happens in 30 days. */
export interface Activity {
  requests: number;
  /** Queue batches, each of which is one append here: there is one project. */
  batches: number;
  alarms: number;
  alarmsSet: number;
  puts: number;
  /** Puts that read the part first, because it grows. */
  grows: number;
  /** Rows encoded, those of parts that grow each time again. */
  rowsEncoded: number;
  /** Cycles that publish so much that their beginning and end are marked. */
  markedCycles: number;
  /** Block tables of the log that were begun, and folds of what blocks carry beside events. */
  seals: number;
  folds: number;
  /** Calls of the consumer's cron and of the roll-up. */
  statusCalls: number;
  changesCalls: number;
  /** Times that a project without changes is said to be up to date. */
  asOfWrites: number;
  /** Runs of the roll-up that found something. */
  rollups: number;
  /** Days that were built, once for each run. */
  rebuilds: number;
  partsRead: number;
  rowsFolded: number;
  /** Rows of the marts of users and links that recounts read. */
  idsRecounted: number;
  /** Objects of marts looked at before a write, written, and read by recounts. */
  martsLookedAt: number;
  martsWritten: number;
  martsRead: number;
  /** Counts of weekly and monthly users, and rows of D1 that they change. */
  trails: number;
  trailRowsWritten: number;
  /** Rows of D1 in which recounts look for days and links. */
  linkRowsRead: number;
  /** Time within 10 s of a call of the log, in seconds. */
  awakeSeconds: number;
  /** Parts of an hour two days later. */
  partsPerHour: number;
}

/** Nothing has happened yet. */
export function noActivity(): Activity {
  return {
    requests: 0,
    batches: 0,
    alarms: 0,
    alarmsSet: 0,
    puts: 0,
    grows: 0,
    rowsEncoded: 0,
    markedCycles: 0,
    seals: 0,
    folds: 0,
    statusCalls: 0,
    changesCalls: 0,
    asOfWrites: 0,
    rollups: 0,
    rebuilds: 0,
    partsRead: 0,
    rowsFolded: 0,
    idsRecounted: 0,
    martsLookedAt: 0,
    martsWritten: 0,
    martsRead: 0,
    trails: 0,
    trailRowsWritten: 0,
    linkRowsRead: 0,
    awakeSeconds: 0,
    partsPerHour: 0,
  };
}
