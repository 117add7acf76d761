import { clockCorrectionMs } from "@sluice/schema";
import {
  type BatchClock,
  clockAfterDelivery,
  type ClockReading,
  type ClockState,
  offsetForBatchMs,
  unknownClock,
} from "./clock-offset.ts";

/** How long a batch without an offset may have been under way in an earlier run, ms: as long as SDKs wait for an answer, and more. */
const strayDelayMsMax = 60_000;

/** When an event of an earlier run was found: before anything was sent, or after that. */
export type RestoredAt = "start" | "late";

/** What an engine knows about its device's clock, and learns with every answer. */
export interface DeviceClock {
  /** Whether an answer, now or in an earlier run, has taught the offset. */
  readonly isKnown: () => boolean;
  /** The offset for a new batch, given what is under way; see {@link offsetForBatchMs}. */
  readonly offsetForMs: (
    firstStampMs: number,
    outstanding: readonly BatchClock[],
    restoredAt?: RestoredAt,
  ) => number | null;
  /** A batch leaves. The next run must know of it, where it goes with more than the offset: it may arrive and not be answered. */
  readonly note: (batch: BatchClock) => void;
  /** A batch was delivered. */
  readonly learn: (batch: BatchClock, reading: ClockReading) => void;
}

/**
 * @param known what an earlier run has learned.
 * @param onChange told what the next run must know: of every new offset, and of a mark that lies behind what the offset makes of the
 *   events so far.
 */
export function createDeviceClock(
  known: ClockState = unknownClock,
  onChange?: (state: ClockState) => void,
): DeviceClock {
  let state = known;
  return {
    isKnown: () => state.offsetMs !== null,
    offsetForMs(firstStampMs, outstanding, restoredAt) {
      // Found late, they come after what was called later; their times are as they were.
      if (restoredAt === "late") return state.offsetMs;
      const offsetMs = offsetForBatchMs(state, firstStampMs, outstanding);
      if (restoredAt === undefined || known.offsetMs !== null || offsetMs === null) return offsetMs;
      return Math.max(offsetMs, strayCorrectionMs(state.offsetMs ?? 0));
    },
    note({ lastStampMs, offsetMs }) {
      const markMs = lastStampMs + (offsetMs ?? 0);
      if (state.offsetMs === null || offsetMs === null || offsetMs <= state.offsetMs || markMs <= state.highWaterMs)
        return;
      state = { ...state, highWaterMs: markMs };
      onChange?.(state);
    },
    learn(batch, reading) {
      const before = state;
      state = clockAfterDelivery(state, batch, reading);
      if (state.offsetMs === null) return;
      const isAhead = state.highWaterMs > Math.max(before.highWaterMs, batch.lastStampMs + state.offsetMs);
      if (isAhead || state.offsetMs !== before.offsetMs) onChange?.(state);
    },
  };
}

/**
 * How much the server may have added to the times of a batch that an earlier run sent before it knew the clock. Whether it did is not
 * known; what comes after that batch must not lie before it.
 */
function strayCorrectionMs(offsetMs: number): number {
  return clockCorrectionMs({ sentAtMs: 0, receivedAtMs: offsetMs + strayDelayMsMax, clockOffsetMs: null }, null);
}
