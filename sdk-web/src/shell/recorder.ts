import type { CallOptions, Fields } from "@sluice/core";
import type { EventType } from "@sluice/schema";
import type { Consent } from "../options.ts";
import { callHooks } from "../plugins.ts";
import { claimClock, offsetAt } from "./clock.ts";
import { add, review } from "./delivery.ts";
import { forgetIdentity, saveIdentity, touchSession } from "./identity.ts";
import { newId } from "./ids.ts";
import { pageContext } from "./page.ts";
import { drop } from "./sender.ts";
import { changeConsent, consent, options } from "./settings.ts";

/*
 * Turns calls into events, as far as the visitor has agreed to it.
 */

/** Calls that are held in memory until consent is granted. */
const heldMax = 1000;

/** An event, without what the visitor's identity adds to it. */
interface CalledEvent extends CallOptions {
  readonly type: EventType;
  readonly messageId: string;
  readonly userId?: string | undefined;
  readonly previousId?: string | undefined;
  readonly properties?: Fields | undefined;
  readonly context: Fields;
}

/** A call: its message id, its event, and when it was made, ms. */
type Call = readonly [messageId: string, event: CalledEvent, nowMs: number];

const held: Call[] = [];

function record([messageId, event, nowMs]: Call): void {
  const identity = touchSession(nowMs, event.context["campaign"] as object | undefined);
  const [anonymousId, knownId, id, number, , registered] = identity;
  const userId = event.userId || knownId || undefined;
  if (event.type === "identify") identity[1] = userId;
  claimClock(identity);
  saveIdentity(identity);
  try {
    const complete = callHooks("before", {
      anonymousId,
      ...event,
      userId,
      previousId: event.type === "alias" ? event.previousId || knownId || anonymousId : undefined,
      properties:
        "properties" in event
          ? { ...registered, ...(event.type === "page" && (event.context["page"] as Fields)), ...event.properties }
          : undefined,
      context: { session: { id, number }, ...event.context },
    });
    if (complete) add([complete["messageId"] as string, JSON.stringify(complete)], nowMs, offsetAt(identity, nowMs));
    else drop([[messageId]], "hook");
  } catch {
    drop([[messageId]], "invalid_event"); // a cycle, a BigInt, a getter that throws
  }
}

/** Takes one call of the page's. Never throws. */
export function call(type: EventType, fields: Fields, given?: CallOptions): void {
  try {
    const messageId = given?.messageId || newId();
    const now = new Date();
    const timestamp = given?.timestamp ?? now;
    const context = { ...pageContext(), ...given?.context };
    const made: Call = [messageId, { ...fields, ...given, type, messageId, timestamp, context }, +now];
    const mode = consent === "pending" ? options.pending : consent;
    if (mode === "granted" || (mode === "anonymous" && !("userId" in fields))) record(made);
    else if (mode?.startsWith("d")) drop([made], "no_consent"); // denied, or drop
    else if (held.push(made) > heldMax) drop(held.splice(heldMax), "queue_full");
  } catch {
    // a page that has replaced a built-in must not break further because of its statistics
  }
}

/** Consent has changed: what was held is recorded or given up, and what is kept of the visitor forgotten when denied. */
export function setConsent(next: Consent): void {
  changeConsent(next);
  if (next === "granted") held.splice(0).forEach(record);
  if (next === "denied") {
    drop(held.splice(0), "no_consent");
    forgetIdentity();
  }
  review();
}
