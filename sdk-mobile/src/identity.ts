import { type Fields, type IdentityState, newIdentity, touchSession } from "@sluice/core";

/** Who uses this device, in which session; small enough to be written at every event. */
export interface MobileIdentity extends IdentityState {
  /** How many sessions this user has had, this one included. */
  readonly sessionNumber: number;
  /** What `register` has added. */
  readonly registered: Fields;
}

/** A device nobody has been seen on. */
export function newMobileIdentity(newId: () => string): MobileIdentity {
  return { ...newIdentity(newId), sessionNumber: 0, registered: {} };
}

/** Reads what an identity was written as; `null` for any other text. */
export function parseMobileIdentity(text: string | undefined): MobileIdentity | null {
  try {
    const state = JSON.parse(text ?? "null") as Partial<MobileIdentity> | null;
    const { anonymousId, userId, sessionId, lastMs, sessionNumber, registered } = state ?? {};
    if (typeof anonymousId !== "string" || anonymousId === "") return null;
    return {
      anonymousId,
      userId: typeof userId === "string" ? userId : "",
      sessionId: typeof sessionId === "string" ? sessionId : "",
      lastMs: Number(lastMs) || 0,
      sessionNumber: Number(sessionNumber) || 0,
      registered: typeof registered === "object" && registered !== null ? registered : {},
    };
  } catch {
    return null; // cut off, or written by something else: the device begins anew
  }
}

/** The identity at an event: a new session after 30 idle minutes. Times are whole seconds, so that it changes once a second. */
export function touchIdentity(identity: MobileIdentity, nowMs: number, newId: () => string): MobileIdentity {
  const { sessionId } = touchSession(identity, nowMs, newId);
  const isNew = sessionId !== identity.sessionId;
  return {
    ...identity,
    sessionId,
    lastMs: nowMs - (nowMs % 1000),
    sessionNumber: identity.sessionNumber + (isNew ? 1 : 0),
  };
}

/** The stored identity of a device, with what was said while it could not be read yet. */
export function adoptIdentity(stored: MobileIdentity, current: MobileIdentity): MobileIdentity {
  return {
    ...stored,
    userId: current.userId || stored.userId,
    registered: { ...stored.registered, ...current.registered },
  };
}
