import { foreignClockStepMs, futureEventMsMax } from "@sluice/schema";
import { readLocal, writeLocal } from "./local.ts";

/*
 * Server minus device time, learned from replies and kept for the next page, by the rules of the engine's own clock
 * (`clock-offset.ts` in @sluice/core): no batch is sent with an offset that would move its first event before one that its
 * tab, or an earlier page, has sent before. All times are ms.
 */

const clockKey = "sluice.clock";

/** The offset is changed only when a reading differs from it by more than this, ms. */
const offsetChangeMsMin = 60_000;

/** A reading whose round trip took longer says too little about a clock that is known, ms. */
const offsetRoundTripMsMax = 30_000;

/** What all pages of this browser know: the offset, NaN before the first reading; the latest event sent, by device time and corrected. */
let clock: readonly [offsetMs: number, lastMs: number, correctedMs: number] = [NaN, 0, 0];

/** Latest corrected time of what each tab has sent. */
const marks = new Map<string, number>();

/** Forgets what is kept of the clock on the device. */
export const forgetClock = (): void => writeLocal(clockKey);

const markOf = (tab: string): number => marks.get(tab) ?? 0;

/** A tab has sent an event of this time, and has reached this corrected time. Without a time of the SDK's own it has not. */
function reach(tab: string, offsetMs: number, lastMs: number, correctedMs: number): void {
  if (lastMs > 0) marks.set(tab, correctedMs);
  clock = lastMs >= clock[1] ? [offsetMs, lastMs, correctedMs] : [offsetMs, clock[1], clock[2]];
  writeLocal(clockKey, clock);
}

/**
 * The offset to send a tab's batch with; NaN while none is known. The times are of its first and last event. Another page's
 * events may be newer than these: then what moved its last one moves these too.
 */
export function offsetFor(tab: string, firstMs: number, lastMs: number): number {
  clock = readLocal(clockKey, clock);
  const [offsetMs, newestMs, correctedMs] = clock;
  const sentWith = Math.max(offsetMs, markOf(tab) - firstMs, correctedMs - Math.max(newestMs, firstMs));
  if (!isNaN(sentWith)) reach(tab, offsetMs, lastMs, Math.max(markOf(tab), lastMs + sentWith));
  return sentWith;
}

/** A batch that was sent with an offset is delivered; `serverMs` is NaN when the reply did not say. */
export function learnOffset(
  tab: string,
  sentWith: number,
  lastMs: number,
  sentMs: number,
  serverMs: number,
  receivedMs: number,
): void {
  const roundTripMs = receivedMs - sentMs;
  if (!serverMs || roundTripMs < 0) return;
  let [offsetMs] = clock;
  if (isNaN(offsetMs) || roundTripMs <= offsetRoundTripMsMax) {
    const measuredMs = Math.round(serverMs - sentMs - roundTripMs / 2);
    offsetMs ||= 0;
    if (Math.abs(measuredMs - offsetMs) > offsetChangeMsMin) offsetMs = measuredMs;
  }
  const isFirst = isNaN(sentWith);
  const reachedMs = Math.max(markOf(tab), lastMs + (isFirst ? offsetMs + foreignClockStepMs : sentWith));
  reach(tab, offsetMs, lastMs, Math.min(reachedMs, serverMs + (isFirst ? 0 : futureEventMsMax)));
}
