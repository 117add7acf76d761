/** Idle time after which a new session begins, ms: 30 minutes, as in GA4 and Segment. */
export const sessionIdleMsMax = 30 * 60_000;

/** Who uses this device, and in which session; small enough to be written at every event. */
export interface IdentityState {
  readonly anonymousId: string;
  /** "" until `identify`. */
  readonly userId: string;
  readonly sessionId: string;
  /** Time of the session's last event, ms. */
  readonly lastMs: number;
}

/** A device nobody has been seen on. */
export function newIdentity(newId: () => string): IdentityState {
  return { anonymousId: newId(), userId: "", sessionId: "", lastMs: 0 };
}

/** Reads what {@link IdentityState} was written as; a text that is not one gives a new identity. */
export function parseIdentity(text: string | null, newId: () => string): IdentityState {
  try {
    const state = JSON.parse(text ?? "null") as IdentityState | null;
    if (state?.anonymousId) return state;
  } catch {
    // not JSON: something else wrote there, and the device begins anew
  }
  return newIdentity(newId);
}

/** The identity at an event: a new session after 30 idle minutes, else the current one goes on. */
export function touchSession(state: IdentityState, nowMs: number, newId: () => string): IdentityState {
  const goesOn = nowMs - state.lastMs <= sessionIdleMsMax;
  return { ...state, sessionId: goesOn ? state.sessionId : newId(), lastMs: nowMs };
}
