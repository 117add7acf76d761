import type { Fields } from "@sluice/core";
import { readLocal, writeLocal } from "./local.ts";

/** Idle time after which a new session begins, ms: 30 minutes, as in GA4 and Segment. */
const sessionIdleMsMax = 30 * 60_000;

/** 400 days, the longest time that browsers keep a cookie, s. */
const cookieSeconds = 34_560_000;

const key = "sluice.identity";

/** Who uses this browser, in which session; small enough to be written at every event. */
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

/** The identity as all tabs share it. */
export interface IdentityKeeper {
  /** Read anew each time, because another tab may have identified the user meanwhile. */
  readonly read: () => Identity;
  readonly save: (identity: Identity) => void;
  /** A visitor nobody has seen, with an anonymous id of their own or this one. */
  readonly renew: (anonymousId?: string) => Identity;
  /** Forgets what is kept on the device. */
  readonly forget: () => void;
}

/**
 * The identity in `localStorage` and, with a `cookieDomain`, its anonymous id in a cookie, which wins: it is shared with
 * subdomains, and an ingest host on the page's own origin renews it. In memory only while nothing may be stored.
 */
export function createIdentityKeeper(
  cookieDomain: string | undefined,
  newId: () => string,
  mayStore: () => boolean,
): IdentityKeeper {
  const renew = (anonymousId = newId()): Identity => [anonymousId, "", "", 0, 0, {}];
  let identity = renew();
  let cookie: string | undefined;

  function setCookie(value: string, seconds: number): void {
    if (cookieDomain === undefined || value === cookie) return;
    cookie = value;
    const domain = cookieDomain && `;domain=${cookieDomain}`;
    document.cookie = `sluice_id=${value};path=/;samesite=lax;max-age=${seconds}${domain}`;
  }

  return {
    renew,
    read() {
      if (!mayStore()) return identity;
      const kept = parseIdentity(readLocal(key));
      if (kept) identity = kept;
      if (cookieDomain !== undefined && cookie === undefined) {
        cookie = /sluice_id=(\w{26})/.exec(document.cookie)?.[1] ?? "";
        identity[0] = cookie || identity[0];
      }
      return identity;
    },
    save(next) {
      identity = next;
      if (!mayStore()) return;
      setCookie(next[0], cookieSeconds);
      writeLocal(key, JSON.stringify(next));
    },
    forget() {
      identity = renew();
      setCookie("", 0);
      writeLocal(key);
    },
  };
}

function parseIdentity(text: string | undefined): Identity | undefined {
  try {
    const kept = JSON.parse(text ?? "0") as Identity;
    return kept[0] ? kept : undefined;
  } catch {
    return undefined; // something else wrote there
  }
}

/** Begins a new session after 30 idle minutes, or with another campaign where `campaign` is given. */
export function touchSession(identity: Identity, nowMs: number, newId: () => string, campaign?: string): void {
  if (Math.abs(nowMs - identity[4]) > sessionIdleMsMax || (campaign && campaign !== identity[6])) {
    identity[2] = newId();
    identity[3]++;
    identity[6] = campaign;
  }
  identity[4] = nowMs;
}
