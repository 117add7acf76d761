import type { Fields } from "@sluice/core";

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
      try {
        const kept = JSON.parse(localStorage[key] as string) as Identity;
        if (kept[0]) identity = kept;
      } catch {
        // nothing is kept, storage is forbidden, or something else wrote there
      }
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
      try {
        localStorage[key] = JSON.stringify(next);
      } catch {
        // storage is full or forbidden: the identity lives as long as the page
      }
    },
    forget() {
      identity = renew();
      setCookie("", 0);
      try {
        delete localStorage[key];
      } catch {
        // forbidden, so it holds nothing
      }
    },
  };
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
