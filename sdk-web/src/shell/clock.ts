import { type Identity, readIdentity, saveIdentity } from "./identity.ts";
import { tab } from "./store.ts";

/*
 * Server minus device time, learned from replies and shared by all pages of the browser, so that correction moves no two
 * events past each other, whichever page sends them, however often, and whichever request arrives.
 *
 * Each event is given its offset when it is made, and is sent with that one ever after. The offset is moved only by a reading
 * that differs by more than a minute; where that moves it back, time stands still until it has caught up (`mark`).
 *
 * Before the first reading nobody knows the offset, and the server rounds for a batch that states none; how, depends on how
 * long the request took. So a browser sends one batch without offset. If no answer to it is heard, what was made later waits
 * for an answer to a request without events. All times are ms.
 */

/** The offset is changed only when a reading differs from it by more than this, ms. */
const offsetChangeMsMin = 60_000;

/** A first reading below this is taken for none. So no other reading of the same clock can move it: each errs by 15 s at most. */
const firstOffsetMsMin = 29_000;

/** A reading whose round trip took longer says too little, ms. */
const roundTripMsMax = 30_000;

/** After this, a request has arrived or never will; and the error of a reading, ms. */
const underWayMsMax = 60_000;

/** The offset of an event that is made at this time; `undefined` while none is known. */
export const offsetAt = ({ 7: mark, 8: offsetMs }: Identity, ms: number): number | undefined =>
  offsetMs === undefined ? undefined : Math.max(offsetMs, (mark as number) - ms);

/** At an event while no offset is known: notes whether all events so far are of one tab, which may then send a batch without. */
export function claimClock(identity: Identity): void {
  identity[7] = (identity[7] || tab) === tab ? tab : +(identity[7] as number) || 1; // a time stays as it is
}

/** Whether events without offset must wait: a batch of them is under way, or several tabs have some. */
export const mustAsk = ({ 7: mark, 8: offsetMs }: Identity): boolean => offsetMs === undefined && (mark as number) > 0;

/** The offset for a batch that has none. While none is known, notes when it is sent without; 0 when it was refused. */
export function noteBatch(sentMs: number): number | undefined {
  const identity = readIdentity();
  if (identity[8] === undefined) identity[7] = sentMs;
  saveIdentity(identity);
  return identity[8];
}

/**
 * A request was answered; `serverMs` is NaN when the reply did not say. Returns whether the offset is known now.
 *
 * @param isQuestion it had no events, because an answer to others was not heard. These may be under way yet: unless the clock
 * is right, so that the server corrected nothing, nothing is learned until they have arrived or never will.
 */
export function learnOffset(sentMs: number, serverMs: number, isQuestion: boolean): boolean {
  const identity = readIdentity();
  const nowMs = Date.now();
  const roundTripMs = nowMs - sentMs;
  // Of a clock that was set back meanwhile the round trip is negative, which without sign is large.
  if (serverMs && roundTripMs >>> 0 <= roundTripMsMax) {
    const measuredMs = Math.round(serverMs - sentMs - roundTripMs / 2);
    const changeMsMin = identity[8] === undefined ? firstOffsetMsMin : offsetChangeMsMin;
    // The first offset of a clock that is right is 0, and its mark a time long ago, no tab.
    if (Math.abs(measuredMs - (identity[8] ?? 0)) <= changeMsMin) identity[8] ??= (identity[7] = 1) - 1;
    else if (identity[8] !== undefined || !isQuestion || nowMs - (identity[7] as number) > underWayMsMax) {
      identity[7] = nowMs + (offsetAt(identity, nowMs) ?? measuredMs);
      identity[8] = measuredMs;
    }
    saveIdentity(identity);
  }
  return identity[8] !== undefined;
}
