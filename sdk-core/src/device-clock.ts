import {
  type BatchClock,
  clockAfterDelivery,
  type ClockReading,
  type ClockState,
  offsetForBatchMs,
} from "./clock-offset.ts";

/** What an engine knows about its device's clock, and learns with every answer. */
export interface DeviceClock {
  /** Whether an answer, now or in an earlier run, has taught the offset. */
  readonly isKnown: () => boolean;
  /** The offset for a new batch, given what is under way; see {@link offsetForBatchMs}. */
  readonly offsetForMs: (firstStampMs: number, outstanding: readonly BatchClock[]) => number | null;
  /** A batch was delivered. */
  readonly learn: (batch: BatchClock, reading: ClockReading) => void;
}

/** @param onChange told of every new offset, ms. */
export function createDeviceClock(offsetMs: number | null, onChange?: (offsetMs: number) => void): DeviceClock {
  let state: ClockState = { offsetMs, highWaterMs: 0 };
  return {
    isKnown: () => state.offsetMs !== null,
    offsetForMs: (firstStampMs, outstanding) => offsetForBatchMs(state, firstStampMs, outstanding),
    learn(batch, reading) {
      const before = state.offsetMs;
      state = clockAfterDelivery(state, batch, reading);
      if (state.offsetMs !== null && state.offsetMs !== before) onChange?.(state.offsetMs);
    },
  };
}
