import type { Consent, PendingMode } from "./options.ts";

/** Calls that are held in memory until the storage has answered or consent is granted. */
const heldMax = 1000;

/** One call at the gate. Of `run` and `refuse` one is called, once. */
export interface GatedCall {
  /** Whether it names the user, and so is not made while nobody has agreed. */
  readonly isPersonal: boolean;
  readonly run: () => void;
  readonly refuse: (reason: "no_consent" | "queue_full") => void;
  /**
   * It has to wait, for consent (which may take long) or for the storage. Answers whether it can: a call that cannot has
   * settled itself.
   */
  readonly hold: (forConsent: boolean) => boolean;
}

/** Lets calls through in their order, as soon as the storage has answered and as far as the user has agreed. */
export interface Gate {
  readonly enter: (call: GatedCall) => void;
  /** The consent has changed; calls that are held are let through or refused. */
  readonly setConsent: (consent: Consent) => void;
  /** Whether the storage has answered, or failed to. */
  readonly setReady: (isReady: boolean) => void;
}

/** A gate whose storage has not answered, and whose user has not been asked. */
export function createGate(mode: PendingMode): Gate {
  const held: GatedCall[] = [];
  let consent: Consent = "pending";
  let isReady = false;

  function fateOf(call: GatedCall): "run" | "hold" | "wait" | "refuse" {
    if (consent === "granted") return isReady ? "run" : "hold";
    if (consent === "denied" || mode === "drop") return "refuse";
    return mode === "anonymous" && !call.isPersonal ? "run" : "wait";
  }

  function enter(call: GatedCall): void {
    const fate = fateOf(call);
    if (fate === "run") call.run();
    else if (fate === "refuse") call.refuse("no_consent");
    else if (held.length >= heldMax) call.refuse("queue_full");
    else if (call.hold(fate === "wait")) held.push(call);
  }

  return {
    enter,
    setConsent(next) {
      consent = next;
      held.splice(0).forEach(enter);
    },
    setReady(next) {
      isReady = next;
      held.splice(0).forEach(enter);
    },
  };
}
