import { foreignClockStepMs, futureEventMsMax } from "@sluice/schema";
import { readLocal, writeLocal } from "./local.ts";

const clockKey = "sluice.clock";

/** The offset is changed only when a reading differs from it by more than this, ms. */
const offsetChangeMsMin = 60_000;

/** A reading whose round trip took longer says too little about a clock that is known, ms. */
const offsetRoundTripMsMax = 30_000;

/** Server minus device time, learned from replies and kept for the next page. All times are ms. */
export interface PageClock {
  /** The offset to send a tab's batch with; `undefined` until the first reply. Times are of its first and last event. */
  readonly offsetFor: (tab: string, firstMs: number, lastMs: number) => number | undefined;
  /** A batch that was sent with an offset is delivered; `serverMs` is NaN when the reply did not say. */
  readonly learn: (
    tab: string,
    sentWith: number | undefined,
    lastMs: number,
    sentMs: number,
    serverMs: number,
    receivedMs: number,
  ) => void;
}

/**
 * The clock of one page, by the rules of the engine's own (`clock-offset.ts` in @sluice/core): no batch is sent with an
 * offset that would move its first event before one that its tab sent earlier.
 *
 * @param mayStore whether the offset may be kept on the device.
 */
export function createPageClock(mayStore: () => boolean): PageClock {
  const kept = mayStore() ? parseInt(readLocal(clockKey) ?? "", 10) : NaN;
  let offsetMs = isNaN(kept) ? undefined : kept;
  /** Latest corrected time of what each tab has sent. */
  const marks = new Map<string, number>();

  const raise = (tab: string, toMs: number): number => {
    const mark = Math.max(marks.get(tab) ?? 0, toMs);
    marks.set(tab, mark);
    return mark;
  };

  return {
    offsetFor(tab, firstMs, lastMs) {
      if (offsetMs === undefined) return undefined;
      const sentWith = Math.max(offsetMs, raise(tab, 0) - firstMs);
      raise(tab, lastMs + sentWith);
      return sentWith;
    },
    learn(tab, sentWith, lastMs, sentMs, serverMs, receivedMs) {
      const roundTripMs = receivedMs - sentMs;
      if (!serverMs || roundTripMs < 0) return;
      if (offsetMs === undefined || roundTripMs <= offsetRoundTripMsMax) {
        const measuredMs = Math.round(serverMs - sentMs - roundTripMs / 2);
        if (Math.abs(measuredMs - (offsetMs ??= 0)) > offsetChangeMsMin) offsetMs = measuredMs;
      }
      const reachedMs = lastMs + (sentWith ?? offsetMs + foreignClockStepMs);
      marks.set(tab, Math.min(raise(tab, reachedMs), serverMs + (sentWith === undefined ? 0 : futureEventMsMax)));
      if (mayStore()) writeLocal(clockKey, offsetMs);
    },
  };
}
