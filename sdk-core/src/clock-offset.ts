import { foreignClockStepMs, futureEventMsMax } from "@sluice/schema";

/** The offset is changed only when a reading differs from it by more than this. */
const offsetChangeMsMin = 60_000;

/** A reading whose round trip took longer says too little about a clock that is known, and is not used. */
const offsetRoundTripMsMax = 30_000;

/** What an SDK knows about its device's clock. */
export interface ClockState {
  /** Server time minus device time, ms; `null` before the first reading. */
  readonly offsetMs: number | null;
  /** The latest corrected time that any delivered event can have, ms. */
  readonly highWaterMs: number;
}

/** A clock of which nothing is known. */
export const unknownClock: ClockState = { offsetMs: null, highWaterMs: 0 };

/** One exchange with the server. */
export interface ClockReading {
  /** Device clock when the request left, ms. */
  readonly sentMs: number;
  /** Device clock when the reply came, ms. */
  readonly receivedMs: number;
  /** Server clock in the reply, ms; NaN (which teaches nothing) when it did not say. */
  readonly serverMs: number;
}

/**
 * Server minus device time after a reading. Readings near the current offset (at first: near 0) do not move it.
 *
 * The first one counts however long it took: a second batch without an offset may be corrected by another step than the
 * first, and so be moved before it.
 */
export function nextOffsetMs(offsetMs: number | null, reading: ClockReading): number | null {
  const roundTripMs = reading.receivedMs - reading.sentMs;
  if (roundTripMs < 0 || (offsetMs !== null && roundTripMs > offsetRoundTripMsMax)) return offsetMs;
  const current = offsetMs ?? 0;
  const measured = Math.round(reading.serverMs - reading.sentMs - roundTripMs / 2);
  return Math.abs(measured - current) > offsetChangeMsMin ? measured : current;
}

/** The times of a batch. Device times are those of the events that the SDK itself stamped. */
export interface BatchClock {
  /** Largest device time, ms; -Infinity when the SDK stamped none. */
  readonly lastStampMs: number;
  /** Offset the batch is sent with, ms; `null` when none was known then. */
  readonly offsetMs: number | null;
}

/**
 * The offset a new batch is sent with; `null` while none is known.
 *
 * It is the current offset, or more where that would move the batch's first event before an earlier one:
 * after the offset has gone down (or the device's clock was set back) it comes down only as fast as time
 * passes. A batch keeps its offset through all its resends, so that it does not matter which one arrives.
 *
 * @param firstStampMs the batch's smallest device time, ms; Infinity when the SDK stamped none.
 * @param outstanding batches that were sent and are not confirmed.
 */
export function offsetForBatchMs(
  clock: ClockState,
  firstStampMs: number,
  outstanding: readonly BatchClock[],
): number | null {
  const { offsetMs } = clock;
  if (offsetMs === null) return null;
  let floorMs = clock.highWaterMs;
  for (const batch of outstanding) floorMs = Math.max(floorMs, latestCorrectedMs(batch, offsetMs));
  return Math.max(offsetMs, floorMs - firstStampMs);
}

/** The clock after a batch was delivered. The server files no event long after its receipt, which bounds the mark. */
export function clockAfterDelivery(clock: ClockState, batch: BatchClock, reading: ClockReading): ClockState {
  if (!reading.serverMs) return clock;
  const offsetMs = nextOffsetMs(clock.offsetMs, reading);
  const futureMs = batch.offsetMs === null ? 0 : futureEventMsMax;
  const deliveredMs = Math.min(latestCorrectedMs(batch, offsetMs ?? 0), reading.serverMs + futureMs);
  return { offsetMs, highWaterMs: Math.max(deliveredMs, clock.highWaterMs) };
}

/** Without a stated offset the server rounds to its own step, so the offset known by now can be missed by one step. */
function latestCorrectedMs(batch: BatchClock, knownOffsetMs: number): number {
  return batch.lastStampMs + (batch.offsetMs ?? knownOffsetMs + foreignClockStepMs);
}
