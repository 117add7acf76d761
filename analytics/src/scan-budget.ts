import { dayMs } from "./day.ts";
import type { HourRange } from "./hour-range.ts";
import type { Problem } from "./problem.ts";

/*
 * What one question may read of the lake. A question beyond it is refused with the reason and with how to narrow it, and never
 * answered in part.
 */

/** Files: each costs at least one request to R2, of which a Worker may make 10,000 (https://developers.cloudflare.com/workers/platform/limits/). */
export const scanFilesMax = 2_000;

/** Bytes fetched from R2, compressed: what a Worker decodes within its time. */
const scanBytesMax = 512_000_000;

/** Milliseconds until the scan must have ended: a caller waits, and a Worker's CPU time is bounded. */
const scanMsMax = 25_000;

/** What a scan has read. */
export interface ScanCost {
  readonly files: number;
  /** Row groups that were read; those that their statistics rule out are not. */
  readonly rowGroups: number;
  /** Rows of these row groups. */
  readonly rows: number;
  /** Bytes fetched. */
  readonly bytes: number;
}

/** The refusal of a range with more files than one question may read. */
export function tooManyFiles(range: HourRange, lastHourMs: number): Problem {
  const days = Math.max(1, Math.floor((lastHourMs - range.fromMs) / dayMs));
  return beyond(
    "to",
    `These hours have more than ${scanFilesMax} files, which is what one question may read: ask for at most ${days} days at a time.`,
  );
}

/** The refusal of a scan that has spent its bytes or its time; `null` while it has not. */
export function spentBudget(cost: ScanCost, elapsedMs: number, fileCount: number): Problem | null {
  const share = Math.max(1, Math.floor((100 * cost.files) / Math.max(1, fileCount)));
  const how = `about ${share} % of the files were read. Shorten the range to that share, filter by event, or read fewer fields.`;
  if (cost.bytes > scanBytesMax) return beyond("to", `This reads more than ${scanBytesMax} bytes of the lake; ${how}`);
  return elapsedMs > scanMsMax ? beyond("to", `This takes longer than ${scanMsMax} ms; ${how}`) : null;
}

/** The refusal of a question that would have to keep too much. */
export function tooMuchKept(what: string): Problem {
  return beyond(
    "groupBy",
    `This needs more than ${what}, which is what one question may keep. Filter, shorten the range, or group by less.`,
  );
}

/** The lake changed under the scan more often than it was tried again. */
export const lakeMoved: Problem = {
  status: 503,
  title: "Not available",
  detail: "The files of this range are being replaced; ask again in a few seconds.",
};

function beyond(parameter: string, detail: string): Problem {
  return { status: 422, title: "Beyond the budget", detail, parameter };
}
