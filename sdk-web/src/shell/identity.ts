import type { Fields } from "@sluice/core";
import { newId } from "./ids.ts";
import { writeLocal } from "./local.ts";
import { mayStore, options } from "./settings.ts";

/*
 * Who uses this browser, in which session: in localStorage, and in memory only while nothing may be stored.
 */

/** Idle time after which a new session begins, ms: 30 minutes, as in GA4 and Segment. */
const sessionIdleMsMax = 30 * 60_000;

const key = "sluice.id";

/** Small enough to be written at every event. */
export type Identity = [
  anonymousId: string,
  /** "" until `identify`. */
  userId: string,
  sessionId: string,
  /** How many sessions this visitor has had, this one included. */
  sessionNumber: number,
  /** Time of the session's last event, ms, in whole seconds. */
  lastMs: number,
  /** What `register` has added. */
  registered: Fields,
  /** The session's campaign as JSON, where another campaign begins another session. */
  campaign?: string | false | undefined,
];

let identity: Identity | undefined;

/** A visitor nobody has seen. */
export const newIdentity = (): Identity => [newId(), "", "", 0, 0, {}];

/** Read anew each time, because another tab may have identified the user meanwhile. */
export function readIdentity(): Identity {
  if (mayStore()) {
    try {
      identity = JSON.parse(localStorage[key] as string) as Identity;
    } catch {
      // nothing is kept, something else wrote there, or storage is forbidden
    }
  }
  return (identity ??= newIdentity());
}

/** Keeps an identity, if it may be kept. */
export function saveIdentity(next: Identity): Identity {
  identity = next;
  if (mayStore()) writeLocal(key, JSON.stringify(next));
  return next;
}

/** Forgets the visitor, on the device too. */
export function forgetIdentity(): void {
  identity = undefined;
  writeLocal(key);
}

/** The identity at an event: in a new session after 30 idle minutes, or with another campaign where that matters. */
export function touchSession(campaign: object | undefined): Identity {
  const touched = readIdentity();
  const nowMs = Date.now();
  const source = options.campaignSessions && campaign && JSON.stringify(campaign);
  if (nowMs - touched[4] > sessionIdleMsMax || (source && source !== touched[6])) {
    touched[2] = newId();
    touched[3]++;
    touched[6] = source;
  }
  touched[4] = nowMs - (nowMs % 1000); // whole seconds, so that it is written once a second
  return touched;
}
