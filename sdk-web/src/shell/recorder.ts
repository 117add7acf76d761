import { type CallOptions, createUlid, type Fields } from "@sluice/core";
import type { EventType } from "@sluice/schema";
import type { WebDropReason } from "../notices.ts";
import type { Consent, WebOptions } from "../options.ts";
import type { Plugins } from "../plugins.ts";
import { createDelivery, type Delivery } from "./delivery.ts";
import { createIdentityKeeper, type Identity, type IdentityKeeper, touchSession } from "./identity.ts";
import { currentCampaign, pageContext } from "./page.ts";

/** Calls that are held in memory until consent is granted. */
const heldMax = 1000;

/** What a call reads of the visitor's identity, or changes in it: further fields of the event. */
type Change = (identity: Identity) => Fields | void;

/** A call, without what the visitor's identity adds to it. */
interface Call {
  readonly type: EventType;
  readonly messageId: string;
  readonly event: Readonly<Record<string, unknown>>;
  /** Time of the call, ms; 0 when the caller gave a time. */
  readonly stampMs: number;
  readonly change: Change | undefined;
}

/** Turns calls into events, as far as the visitor has agreed to it. */
export interface Recorder {
  readonly keeper: IdentityKeeper;
  readonly delivery: Delivery;
  /** Never throws. */
  readonly call: (type: EventType, fields: object, given?: CallOptions, change?: Change) => void;
  readonly setConsent: (consent: Consent) => void;
}

/** Starts to deliver what earlier pages left, if the visitor agrees. */
export function createRecorder(options: WebOptions, plugins: Plugins): Recorder {
  const ulid = createUlid((bytes) => crypto.getRandomValues(bytes));
  const newId = (): string => ulid(Date.now());
  const loadId = newId();
  let consent = consentAtStart(options);
  let held: Call[] = [];
  const mayStore = (): boolean => consent === "granted" && !options.cookieless;
  const keeper = createIdentityKeeper(options.cookieDomain, newId, mayStore);
  const delivery = createDelivery(options, loadId, { mayStore, isWanted: () => consent !== "denied" }, plugins);

  function drop({ messageId }: Call, reason: WebDropReason): void {
    plugins.tell({ outcome: "dropped", messageId, reason });
  }

  function record(call: Call): void {
    const { event, stampMs, change } = call;
    const identity = keeper.read();
    const campaign = options.campaignSessions ? JSON.stringify(currentCampaign()) : undefined;
    touchSession(identity, stampMs || Date.now(), newId, campaign);
    const changed = change?.(identity);
    keeper.save(identity);
    try {
      const [anonymousId, userId, id, number, , registered] = identity;
      const complete = plugins.before({
        anonymousId,
        userId: userId || undefined,
        ...event,
        ...changed,
        properties: "properties" in event ? { ...registered, ...(event["properties"] as Fields | undefined) } : undefined,
        context: { session: { id, number }, ...(event["context"] as Fields) },
      });
      if (!complete) return drop(call, "hook");
      delivery.add([complete["messageId"] as string, JSON.stringify(complete), stampMs]);
    } catch {
      drop(call, "invalid_event"); // a cycle, a BigInt, a getter that throws
    }
  }

  const recorder: Recorder = {
    keeper,
    delivery,
    call(type, fields, given, change) {
      try {
        const nowMs = Date.now();
        const messageId = given?.messageId || newId();
        const timestamp = given?.timestamp ?? new Date(nowMs);
        const context = { ...pageContext(loadId), ...given?.context };
        const event = { ...fields, ...given, type, messageId, timestamp, context };
        const call = { type, messageId, event, stampMs: given?.timestamp === undefined ? nowMs : 0, change };
        const isAnonymous = consent === "pending" && options.pending === "anonymous" && !/^(id|al)/.test(type);
        if (consent === "granted" || isAnonymous) record(call);
        else if (consent === "denied" || options.pending === "drop") drop(call, "no_consent");
        else if (held.push(call) > heldMax) drop(held.pop() as Call, "queue_full");
      } catch {
        // a page that has replaced a built-in must not break further because of its statistics
      }
    },
    setConsent(next) {
      consent = next;
      if (next === "denied") keeper.forget();
      if (next !== "pending") {
        for (const call of held.splice(0)) next === "granted" ? record(call) : drop(call, "no_consent");
      }
      delivery.review();
    },
  };
  delivery.review();
  return recorder;
}

/** What the browser says in the visitor's name counts as `denied`, until the page asks them itself. */
function consentAtStart({ consent = "granted", gpc, dnt }: WebOptions): Consent {
  const { globalPrivacyControl, doNotTrack } = navigator as Navigator & { readonly globalPrivacyControl?: boolean };
  return (gpc && globalPrivacyControl) || (dnt && doNotTrack === "1") ? "denied" : consent;
}
