import type { StageCosts } from "../pipeline/stages.ts";
import type { Coefficients } from "./coefficients.ts";
import type { Activity, Settings } from "./activity.ts";
import type { Usage } from "./prices.ts";
import { eventsPerRequest } from "./traffic.ts";

const minutesPerMonth = 30 * 24 * 60;
/** Isolates of the edge that take requests at once, each with a copy of the registry, and how long one lives. Assumed. */
const edgeIsolates = 10;
const isolateMinutes = 60;
/** Memory that a Durable Object is billed for: 128 MB. */
const objectGb = 0.128;
/** Time for which a call keeps the object busy beside its CPU time, and for which an operation on R2 does, in seconds. Assumed. */
const callSeconds = 0.05;
const r2Seconds = 0.1;

/** Rows of the log that mark the beginning and the end of a cycle. */
const rowsPerMark = 2;

/** CPU time in µs per event, row and minute. */
export interface CpuCosts extends Pick<StageCosts, "edge" | "append" | "publish" | "rollUp" | "martRow"> {
  /** The crons of all Workers when nothing happens, µs per minute. */
  readonly idleMinute: number;
}

/** Everything that is billed in a month. */
export function usageOf(
  activity: Activity,
  per: Coefficients,
  cpu: CpuCosts,
  { cronsPerMonth, registryLooksPerMinute }: Settings,
): Usage {
  const { requests, batches, alarms, puts, rollups, rebuilds } = activity;
  const events = requests * eventsPerRequest;
  const crons = cronsPerMonth.edge + cronsPerMonth.consumer + cronsPerMonth.analytics;
  // A new isolate reads the snapshot; then a row of D1 at each look tells that it is the newest.
  const registryLooks = Math.min(requests, minutesPerMonth * registryLooksPerMinute * edgeIsolates);
  const registryGets = Math.min(requests, (minutesPerMonth / isolateMinutes) * edgeIsolates) + cronsPerMonth.consumer;
  const objectRequests = batches + alarms + activity.statusCalls + activity.changesCalls;
  const ingestUs = events * (cpu.edge + cpu.append);
  const logUs = events * cpu.append + activity.rowsEncoded * cpu.publish;
  const objectR2Calls = puts + activity.grows;
  return {
    workerRequests: requests + batches + crons,
    workerCpuMs:
      (ingestUs +
        activity.rowsEncoded * cpu.publish +
        activity.rowsFolded * cpu.rollUp +
        activity.idsRecounted * cpu.martRow +
        minutesPerMonth * cpu.idleMinute) /
      1000,
    queueOperations: requests * per.queueOperationsPerRequest,
    r2ClassA: puts + cronsPerMonth.edge + rebuilds + activity.martsWritten,
    r2ClassB: registryGets + activity.grows + activity.partsRead + activity.martsLookedAt + activity.martsRead,
    objectRequests,
    objectGbSeconds: (objectRequests * callSeconds + objectR2Calls * r2Seconds + logUs / 1e6) * objectGb,
    objectRowsWritten:
      batches * per.objectRowsPerAppend +
      activity.markedCycles * rowsPerMark +
      activity.seals * per.objectRowsPerSeal +
      activity.folds * per.objectRowsPerFold +
      puts * per.objectRowsPerPut +
      activity.alarmsSet,
    objectRowsRead: batches * per.objectRowsReadPerAppend + alarms * per.objectRowsReadPerAlarm,
    d1RowsWritten:
      activity.asOfWrites + activity.trailRowsWritten + rollups * per.d1RowsPerRollup + rebuilds * per.d1RowsPerRebuild,
    d1RowsRead: minutesPerMonth * per.d1RowsReadPerMinute + registryLooks + activity.linkRowsRead,
  };
}

/** GB-seconds if an object were billed for 10 s after each call, as long as nothing else calls it. */
export function awakeGbSeconds(activity: Activity): number {
  return activity.awakeSeconds * objectGb;
}
