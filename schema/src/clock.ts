import { clockOffsetMsMax, foreignClockStepMs, futureEventMsMax } from "./limits.ts";

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

/** What the names of our SDKs begin with, in `context.library.name`. */
const ourSdkPrefix = "@sluice/";

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

/**
 * Corrected time of one event: its own time plus the batch's correction, never before 1970 and never long after its receipt.
 *
 * A batch of our SDKs that states no offset yet is the only one under way, so its events are cut off at the receipt, which
 * is the truth. Others may lie up to {@link futureEventMsMax} after it: cut off there, they would be filed in the order of
 * their delays, not of their device.
 */
export function correctedTimeMs(originalMs: number, clock: ClockReading, sdkName: string | null): number {
  const isFirstOfOurs = clock.clockOffsetMs === null && sdkName !== null && sdkName.startsWith(ourSdkPrefix);
  const latestMs = clock.receivedAtMs + (isFirstOfOurs ? 0 : futureEventMsMax);
  return Math.max(0, Math.min(originalMs + clockCorrectionMs(clock, sdkName), latestMs));
}
