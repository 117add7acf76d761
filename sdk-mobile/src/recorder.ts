import type { CallOptions, Enqueued, Fields } from "@sluice/core";
import type { EventType } from "@sluice/schema";
import type { MobileIdentity } from "./identity.ts";
import type { Plugins } from "./plugins.ts";

/** A call of the app's, as it was when it was made. */
export interface Call {
  readonly type: EventType;
  readonly messageId: string;
  readonly calledMs: number;
  /** The fields that are the call's own: `event` and `properties`, `userId` and `traits`, … */
  readonly fields: Fields;
  readonly given: CallOptions | undefined;
}

/** What goes with every event besides the call and the user. */
export interface Surroundings {
  readonly context: Fields;
  readonly plugins: Pick<Plugins, "before">;
}

/** The user id that an event of this call has; "" for none. */
export function userIdOf(call: Call, identity: MobileIdentity): string {
  const { userId } = call.fields;
  return (typeof userId === "string" || typeof userId === "number" ? String(userId) : "") || identity.userId;
}

/**
 * Puts a call into the queue as the event that it and its surroundings make; `null` when a plugin drops it. The time stays
 * the engine's to give, unless the app or a plugin has given one.
 */
export function record(
  call: Call,
  identity: MobileIdentity,
  { context, plugins }: Surroundings,
  enqueue: (type: EventType, event: CallOptions, calledMs: number) => Enqueued,
): Enqueued | null {
  const { type, messageId, calledMs, fields, given } = call;
  const { anonymousId, sessionId, sessionNumber, registered } = identity;
  const stamp = new Date(calledMs);
  const event = plugins.before({
    anonymousId,
    timestamp: stamp,
    ...fields,
    ...given,
    type,
    messageId,
    userId: userIdOf(call, identity) || undefined,
    ...(type === "alias" && { previousId: fields["previousId"] || identity.userId || anonymousId }),
    ...((type === "track" || type === "screen") && {
      properties: { ...registered, ...(fields["properties"] as Fields | undefined) },
    }),
    context: { ...context, session: { id: sessionId, number: sessionNumber }, ...given?.context },
  });
  if (event === null) return null;
  const { timestamp } = event;
  return enqueue(
    event["type"] as EventType,
    { ...event, timestamp: timestamp === stamp ? undefined : (timestamp as Date | string | undefined) },
    calledMs,
  );
}
