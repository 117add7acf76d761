import { foreignClockStepMs, futureEventMsMax } from "@sluice/schema";
import { writeLocal } from "./local.ts";
import { mayStore } from "./settings.ts";

/*
 * Server minus device time, learned from replies and kept for the next page, by the rules of the engine's own clock
 * (`clock-offset.ts` in @sluice/core): no batch is sent with an offset that would move its first event before one that its
 * tab sent earlier. All times are ms.
 */

const clockKey = "sluice.ms";

/** The offset is changed only when a reading differs from it by more than this, ms. */
const offsetChangeMsMin = 60_000;

/** A reading whose round trip took longer says too little about a clock that is known, ms. */
const offsetRoundTripMsMax = 30_000;

let offsetMs = NaN;

/** Latest corrected time of what each tab has sent. */
const marks = new Map<string, number>();

function raise(tab: string, toMs: number): number {
  const mark = Math.max(marks.get(tab) ?? 0, toMs);
  marks.set(tab, mark);
  return mark;
}

/** The offset to send a tab's batch with; NaN while none is known. The times are of its first and last event. */
export function offsetFor(tab: string, firstMs: number, lastMs: number): number {
  try {
    if (isNaN(offsetMs) && mayStore()) offsetMs = parseInt(localStorage[clockKey] as string, 10);
  } catch {
    // storage is forbidden: the first reply teaches it
  }
  const sentWith = Math.max(offsetMs, raise(tab, 0) - firstMs);
  if (!isNaN(sentWith)) raise(tab, lastMs + sentWith);
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
  if (isNaN(offsetMs) || roundTripMs <= offsetRoundTripMsMax) {
    const measuredMs = Math.round(serverMs - sentMs - roundTripMs / 2);
    offsetMs ||= 0;
    if (Math.abs(measuredMs - offsetMs) > offsetChangeMsMin) offsetMs = measuredMs;
  }
  const reachedMs = raise(tab, lastMs + (isNaN(sentWith) ? offsetMs + foreignClockStepMs : sentWith));
  marks.set(tab, Math.min(reachedMs, serverMs + (isNaN(sentWith) ? 0 : futureEventMsMax)));
  if (mayStore()) writeLocal(clockKey, offsetMs);
}
