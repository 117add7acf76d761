import type { Fields } from "@sluice/core";
import { newId } from "./ids.ts";
import { writeLocal } from "./local.ts";
import { mayStore, options } from "./settings.ts";

/*
 * What is kept of this browser: who uses it, in which session, and what is known of its clock. In localStorage, and in memory
 * only while nothing may be stored.
 */

/** Idle time after which a new session begins, ms: 30 minutes, as in GA4 and Segment. */
const sessionIdleMsMax = 30 * 60_000;

const key = "sluice.id";

/** Small enough to be written at every event. */
export type Identity = [
  anonymousId: string,
  /** Absent until `identify`. */
  userId: string | null | undefined,
  sessionId: string,
  /** How many sessions this visitor has had, this one included. */
  sessionNumber: number,
  /** Time of the session's last event, ms, in whole seconds. */
  lastMs: number,
  /** What `register` has added. */
  registered: Fields,
  /** The session's campaign as JSON, where another campaign begins another session. */
  campaign?: string | false | null | undefined,
  /**
   * Before the offset is known: the only tab that has events, or when a batch was sent without offset, ms (1: never, but several
   * tabs have events). Afterwards: the corrected time before which no event may be filed, ms. See `clock.ts`, as for the next.
   */
  mark?: number | string | undefined,
  offsetMs?: number | undefined,
];

let identity: Identity | undefined;

/** The entry as it was read or written last: comparing costs a tenth of parsing or writing. */
let entry: string | undefined;

/** A visitor nobody has seen. */
const newIdentity = (): Identity => [newId(), "", "", 0, 0, {}, ""];

/** Read anew each time, because another tab may have identified the user or learned of the clock meanwhile. */
export function readIdentity(): Identity {
  try {
    if (mayStore() && localStorage[key] !== entry)
      identity = JSON.parse((entry = localStorage[key] as string)) as Identity;
  } catch {
    // nothing is kept, something else wrote there, or storage is forbidden
  }
  return (identity ??= newIdentity());
}

/** Keeps an identity, if it may be kept. */
export function saveIdentity(next: Identity): void {
  const json = JSON.stringify((identity = next));
  if (json !== entry) writeLocal(key, (entry = json));
}

/** The anonymous id, which is `given` from now on where one is given. */
export function anonymousId(given?: string): string {
  const known = readIdentity();
  known[0] = given || known[0];
  saveIdentity(known);
  return known[0];
}

/** Another visitor uses this browser, whose clock is still the same. */
export function resetIdentity(): void {
  saveIdentity([...newIdentity(), ...readIdentity().slice(7)] as Identity);
}

/** Forgets the visitor, on the device too. */
export function forgetIdentity(): void {
  identity = entry = undefined;
  writeLocal(key);
}

/** The identity at an event: in a new session after 30 idle minutes, or with another campaign where that matters. */
export function touchSession(nowMs: number, campaign: object | undefined): Identity {
  const touched = readIdentity();
  const source = options.campaignSessions && campaign && JSON.stringify(campaign);
  if (nowMs - touched[4] > sessionIdleMsMax || (source && source !== touched[6])) {
    touched[2] = newId();
    touched[3]++;
    touched[6] = source;
  }
  touched[4] = nowMs - (nowMs % 1000); // whole seconds, so that it is written once a second
  return touched;
}
