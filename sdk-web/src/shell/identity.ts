import type { Fields } from "@sluice/core";
import { newId } from "./ids.ts";
import { readLocal, writeLocal } from "./local.ts";
import { mayStore, options } from "./settings.ts";

/*
 * Who uses this browser, in which session: in localStorage, and with the option `cookie` the anonymous id in a cookie as well,
 * which wins: it is shared with subdomains, and an ingest host on the page's own origin renews it. In memory only while
 * nothing may be stored.
 */

/** Idle time after which a new session begins, ms: 30 minutes, as in GA4 and Segment. */
const sessionIdleMsMax = 30 * 60_000;

/** 400 days, the longest time that browsers keep a cookie, s. */
const cookieSeconds = 34_560_000;

const key = "sluice.identity";

/** Small enough to be written at every event. */
export type Identity = [
  anonymousId: string,
  /** "" until `identify`. */
  userId: string,
  sessionId: string,
  /** How many sessions this visitor has had, this one included. */
  sessionNumber: number,
  /** Time of the session's last event, ms. */
  lastMs: number,
  /** What `register` has added. */
  registered: Fields,
  /** The session's campaign as JSON, where another campaign begins another session. */
  campaign?: string | undefined,
];

/** A visitor nobody has seen. */
export const newIdentity = (): Identity => [newId(), "", "", 0, 0, {}];

let identity: Identity;
let cookie: string | undefined;

function setCookie(value: string, seconds: number): void {
  if (!options.cookie || value === cookie) return;
  cookie = value;
  document.cookie = `sluice_id=${value};path=/;samesite=lax;max-age=${seconds};${options.cookie}`;
}

/** Read anew each time, because another tab may have identified the user meanwhile. */
export function readIdentity(): Identity {
  identity ??= newIdentity();
  if (mayStore()) {
    try {
      identity = JSON.parse(readLocal(key) ?? "") as Identity;
    } catch {
      // nothing is kept, or something else wrote there
    }
    if (options.cookie && !cookie) {
      cookie = /sluice_id=(\w{26})/.exec(document.cookie)?.[1];
      identity[0] = cookie ?? identity[0];
    }
  }
  return identity;
}

/** Keeps an identity, if it may be kept. */
export function saveIdentity(next: Identity): void {
  identity = next;
  if (!mayStore()) return;
  setCookie(next[0], cookieSeconds);
  writeLocal(key, JSON.stringify(next));
}

/** Forgets what is kept on the device. */
export function forgetIdentity(): void {
  identity = newIdentity();
  setCookie("", 0);
  writeLocal(key);
}

/** The identity at an event: in a new session after 30 idle minutes, or with another campaign where one is given. */
export function touchSession(campaign: object | false | undefined): Identity {
  const nowMs = Date.now();
  const source = JSON.stringify(campaign || 0);
  readIdentity();
  if (Math.abs(nowMs - identity[4]) > sessionIdleMsMax || (campaign && source !== identity[6])) {
    identity[2] = newId();
    identity[3]++;
    identity[6] = source;
  }
  identity[4] = nowMs;
  return identity;
}
