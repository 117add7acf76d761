import { foreignClockStepMs, futureEventMsMax } from "@sluice/schema";

const clockKey = "sluice.clock";

/** The offset is changed only when a reading differs from it by more than this, ms. */
const offsetChangeMsMin = 60_000;

/** A reading whose round trip took longer says too little about a clock that is known, ms. */
const offsetRoundTripMsMax = 30_000;

/** One exchange with the server, ms; `serverMs` is NaN when the reply did not say. */
interface ClockReading {
  readonly sentMs: number;
  readonly receivedMs: number;
  readonly serverMs: number;
}

/** Server minus device time, learned from replies and kept for the next page. Device and server times are ms. */
export interface PageClock {
  /** The offset to send a batch with; `undefined` until the first reply. Times are of the batch's first and last event. */
  readonly offsetFor: (tab: string, firstMs: number, lastMs: number) => number | undefined;
  /** A batch was delivered with an offset. */
  readonly learn: (tab: string, sentWith: number | undefined, lastMs: number, reading: ClockReading) => void;
}

/**
 * The clock of one page, by the rules of the engine's own (`clock-offset.ts` in @sluice/core), for one batch at a time:
 * no batch is sent with an offset that would move its first event before one that was sent earlier.
 *
 * @param mayStore whether the offset may be kept.
 */
export function createPageClock(mayStore: () => boolean): PageClock {
  let offsetMs: number | undefined;
  /** Latest corrected time of what was sent, ms, of each tab. */
  const marks = new Map<string, number>();
  try {
    const kept = mayStore() ? parseInt(localStorage[clockKey] as string, 10) : NaN;
    if (!isNaN(kept)) offsetMs = kept;
  } catch {
    // no storage here: the offset is learned anew
  }
  return {
    offsetFor(tab, firstMs, lastMs) {
      if (offsetMs === undefined) return;
      const mark = marks.get(tab) ?? 0;
      const sentWith = Math.max(offsetMs, mark - firstMs);
      marks.set(tab, Math.max(mark, lastMs + sentWith));
      return sentWith;
    },
    learn(tab, sentWith, lastMs, { sentMs, serverMs, receivedMs }) {
      const roundTripMs = receivedMs - sentMs;
      if (!serverMs) return;
      if (roundTripMs >= 0 && (offsetMs === undefined || roundTripMs <= offsetRoundTripMsMax)) {
        const measuredMs = Math.round(serverMs - sentMs - roundTripMs / 2);
        if (Math.abs(measuredMs - (offsetMs ??= 0)) > offsetChangeMsMin) offsetMs = measuredMs;
      }
      const reachedMs = lastMs + (sentWith ?? (offsetMs ?? 0) + foreignClockStepMs);
      const boundMs = serverMs + (sentWith === undefined ? 0 : futureEventMsMax);
      marks.set(tab, Math.min(boundMs, Math.max(marks.get(tab) ?? 0, reachedMs)));
      try {
        if (mayStore()) localStorage[clockKey] = offsetMs;
      } catch {
        // storage is full or forbidden: the next page learns for itself
      }
    },
  };
}
