import { clockOffsetMsMax, foreignClockStepMs } from "./limits.ts";

/** Which clock the corrected time of an event rests on. */
export const timeSources = ["client", "receipt"] as const;
/** `client`: the event's own time, corrected; `receipt`: it had none, or none that may be believed. */
export type TimeSource = (typeof timeSources)[number];

/** What a batch says about its sender's clock. */
export interface ClockReading {
  /** When the edge received the batch, ms. */
  readonly receivedAtMs: number;
  /** The batch's `sentAt`, ms, or `null`. */
  readonly sentAtMs: number | null;
  /** Our SDKs' own estimate of server minus device time, ms, or `null` for foreign SDKs. */
  readonly clockOffsetMs: number | null;
}

/** SDKs whose `sentAt` is the closing time of the batch file, hours before it is sent. */
const unreliableSentAt: readonly string[] = ["analytics-swift", "analytics-kotlin"];

/**
 * Milliseconds to add to the times of a batch (promise P6: the same for every event of it).
 *
 * Our SDKs state their offset, which is used as it is. For others it is `receivedAt − sentAt` (Segment's
 * formula) rounded to 15 minutes and only beyond 15 minutes; for Swift and Kotlin never.
 */
export function clockCorrectionMs(clock: ClockReading, sdkName: string | null): number {
  const stated = clock.clockOffsetMs;
  if (stated !== null) return Math.abs(stated) <= clockOffsetMsMax ? Math.round(stated) : 0;
  if (clock.sentAtMs === null || (sdkName !== null && unreliableSentAt.includes(sdkName))) return 0;
  const difference = clock.receivedAtMs - clock.sentAtMs;
  if (Math.abs(difference) <= foreignClockStepMs || Math.abs(difference) > clockOffsetMsMax) return 0;
  return Math.round(difference / foreignClockStepMs) * foreignClockStepMs;
}

/** Corrected time of one event: its own time plus the batch's correction, never after its receipt, never before 1970. */
export function correctedTimeMs(originalMs: number, correctionMs: number, receivedAtMs: number): number {
  return Math.max(0, Math.min(originalMs + correctionMs, receivedAtMs));
}
