import type { Fields } from "@sluice/core";
import { adoptIdentity, type MobileIdentity, newMobileIdentity, touchIdentity } from "./identity.ts";

/** Who uses this device, kept up to date on disk. */
export interface Visitor {
  readonly identity: () => MobileIdentity;
  /** The identity at an event, in a new session after 30 idle minutes. */
  readonly touch: (nowMs: number) => MobileIdentity;
  readonly identify: (userId: string) => void;
  readonly register: (properties: Fields) => void;
  /** Takes an anonymous id from the app, or a new one where it is "", and forgets the rest in the latter case. */
  readonly rename: (anonymousId: string) => void;
  /** What the disk holds has become known; `null`: nobody has been seen on this device. */
  readonly adopt: (stored: MobileIdentity | null) => void;
  /** Forgets the visitor without writing anything. */
  readonly forget: () => void;
}

/** @param save called with the text of every identity that differs from the one before. */
export function createVisitor(newId: () => string, save: (text: string) => void): Visitor {
  let identity = newMobileIdentity(newId);
  let saved = "";
  /** The app has named this identity itself, or asked for a new one: a stored one is no longer wanted. */
  let isOwn = false;

  function keep(next: MobileIdentity): MobileIdentity {
    identity = next;
    const text = JSON.stringify(next);
    if (text !== saved) save((saved = text));
    return next;
  }

  return {
    identity: () => identity,
    touch: (nowMs) => keep(touchIdentity(identity, nowMs, newId)),
    identify: (userId) => void keep({ ...identity, userId }),
    register(properties) {
      keep({ ...identity, registered: { ...identity.registered, ...properties } });
    },
    rename(anonymousId) {
      isOwn = true;
      keep(anonymousId === "" ? newMobileIdentity(newId) : { ...identity, anonymousId });
    },
    adopt(stored) {
      if (stored !== null && !isOwn) identity = adoptIdentity(stored, identity);
      saved = "";
      keep(identity);
    },
    forget() {
      identity = newMobileIdentity(newId);
      saved = "";
      isOwn = false;
    },
  };
}
