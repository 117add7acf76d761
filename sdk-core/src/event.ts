import type { EventType } from "@sluice/schema";

/** Free-form fields of a call: whatever `JSON.stringify` can write. `undefined` is left out, a `Date` becomes ISO 8601. */
export type Fields = Readonly<Record<string, unknown>>;

/** What every call may carry besides its own fields. */
export interface CallOptions {
  /** Id that makes resends harmless; default: a new ULID. At most 100 characters. */
  readonly messageId?: string | undefined;
  /** When it happened; default: now. A text must be ISO 8601. */
  readonly timestamp?: Date | string | undefined;
  /** Joined over the SDK's own context, field by field at the first level. */
  readonly context?: Fields | undefined;
}

/** Somebody did something. */
export interface TrackCall extends CallOptions {
  /** Name of what happened, for example `Order Completed`; at most 512 characters. */
  readonly event: string;
  readonly properties?: Fields | undefined;
}

/** Says who somebody is, and what is known about them. */
export interface IdentifyCall extends CallOptions {
  readonly traits?: Fields | undefined;
}

/** A page was seen. */
export interface PageCall extends CallOptions {
  readonly name?: string | undefined;
  readonly category?: string | undefined;
  readonly properties?: Fields | undefined;
}

/** A screen of an app was seen. */
export interface ScreenCall extends PageCall {}

/** Somebody belongs to a group. */
export interface GroupCall extends CallOptions {
  readonly groupId: string;
  readonly traits?: Fields | undefined;
}

/** `userId` is the same person as `previousId`. */
export interface AliasCall extends CallOptions {
  readonly previousId: string;
}

/** Whose event it is: at least one of the two ids. */
export type Identity =
  | { readonly userId: string; readonly anonymousId?: string | undefined }
  | { readonly anonymousId: string; readonly userId?: string | undefined };

/** Name and version of an SDK, sent as `context.library`. */
export interface Library {
  readonly name: string;
  readonly version: string;
}

/** What the engine adds to a call. */
export interface EventDefaults {
  readonly messageId: string;
  readonly nowMs: number;
  readonly library: Library;
}

/** An event ready to be queued. */
export interface BuiltEvent {
  readonly messageId: string;
  /** The event as it will be sent; "" when no JSON exists for it. */
  readonly json: string;
  /** UTF-8 bytes of `json`. */
  readonly bytes: number;
  /** The device's clock at the call, ms; `null` when the caller gave the time. */
  readonly stampMs: number | null;
}

/**
 * Turns a call into the event that is sent; it is serialized here, so that a later change of the caller's
 * objects does not reach it. An invalid `Date` leaves the time to the server.
 */
export function buildEvent(type: EventType, call: CallOptions, defaults: EventDefaults): BuiltEvent {
  let { messageId } = defaults;
  let stampMs: number | null = null;
  let json = "";
  try {
    const { timestamp } = call;
    messageId = call.messageId || messageId;
    stampMs = timestamp === undefined ? defaults.nowMs : null;
    const time = timestamp ?? new Date(defaults.nowMs);
    const context = { ...call.context, library: defaults.library };
    json = JSON.stringify({ ...call, type, messageId, timestamp: time, context });
  } catch {
    // a cycle, a BigInt, a getter that throws, no call at all: the caller reports it as invalid
  }
  return { messageId, json, bytes: utf8Bytes(json), stampMs };
}

/** UTF-8 bytes of a JSON text, in which a surrogate is always one of a pair of four bytes. */
export function utf8Bytes(json: string): number {
  return json.replace(/[\u0080-\u07ff\ud800-\udfff]/g, "--").replace(/[\u0800-\uffff]/g, "---").length;
}
