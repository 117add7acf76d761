import type { CallOptions, Fields } from "@sluice/core";
import type { EventType } from "@sluice/schema";
import { before } from "../plugins.ts";
import type { Consent } from "../options.ts";
import { add, review } from "./delivery.ts";
import { forgetIdentity, type Identity, saveIdentity, touchSession } from "./identity.ts";
import { newId } from "./ids.ts";
import { currentCampaign, pageContext } from "./page.ts";
import { drop } from "./sender.ts";
import { changeConsent, consent, options } from "./settings.ts";

/*
 * Turns calls into events, as far as the visitor has agreed to it.
 */

/** Calls that are held in memory until consent is granted. */
const heldMax = 1000;

/** What a call reads of the visitor's identity, or changes in it: further fields of the event. */
type Change = (identity: Identity) => Fields | void;

/** A call, without what the visitor's identity adds to it. */
type Call = readonly [
  messageId: string,
  event: Readonly<Record<string, unknown>>,
  /** Time of the call, ms; 0 when the caller gave a time. */
  stampMs: number,
  change?: Change | undefined,
];

const held: Call[] = [];

function record([messageId, event, stampMs, change]: Call): void {
  const identity = touchSession(stampMs || Date.now(), options.campaignSessions ? JSON.stringify(currentCampaign()) : "");
  const changed = change?.(identity);
  saveIdentity(identity);
  try {
    const [anonymousId, userId, id, number, , registered] = identity;
    const complete = before({
      anonymousId,
      userId: userId || undefined,
      ...event,
      ...changed,
      properties: "properties" in event ? { ...registered, ...(event["properties"] as Fields | undefined) } : undefined,
      context: { session: { id, number }, ...(event["context"] as Fields) },
    });
    if (complete) add([complete["messageId"] as string, JSON.stringify(complete), stampMs]);
    else drop([[messageId]], "hook");
  } catch {
    drop([[messageId]], "invalid_event"); // a cycle, a BigInt, a getter that throws
  }
}

/** Takes one call of the page's. Never throws. */
export function call(type: EventType, fields: object, given?: CallOptions, change?: Change): void {
  try {
    const nowMs = Date.now();
    const messageId = given?.messageId || newId();
    const timestamp = given?.timestamp ?? new Date(nowMs);
    const context = { ...pageContext(), ...given?.context };
    const stampMs = given?.timestamp === undefined ? nowMs : 0;
    const made: Call = [messageId, { ...fields, ...given, type, messageId, timestamp, context }, stampMs, change];
    if (consent === "granted" || (consent !== "denied" && options.pending === "anonymous" && !change)) record(made);
    else if (consent === "denied" || options.pending === "drop") drop([made], "no_consent");
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
