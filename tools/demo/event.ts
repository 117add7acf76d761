import type { EventType, JsonObject, RejectReason } from "@sluice/schema";

/** An event of the demo, complete as it goes over the wire but for `context.library`, which the SDK adds. */
export interface DemoEvent {
  readonly type: EventType;
  readonly event?: string;
  readonly name?: string;
  /** ULID born in `timestamp`. */
  readonly messageId: string;
  /** ISO 8601 with milliseconds. */
  readonly timestamp: string;
  readonly userId?: string;
  readonly anonymousId?: string;
  readonly properties?: JsonObject;
  readonly traits?: JsonObject;
  readonly context: JsonObject;
}

/** Something the demo sends, in the order of sending. */
export type Delivery =
  | { readonly kind: "event"; readonly event: DemoEvent; readonly atMs: number }
  /** The very same event once more. */
  | { readonly kind: "duplicate"; readonly event: DemoEvent; readonly atMs: number }
  /** What a broken client would send: never stored, kept with its reason. */
  | { readonly kind: "invalid"; readonly raw: unknown; readonly reason: RejectReason; readonly atMs: number };

/** What determines the whole stream. */
export interface DemoPlan {
  readonly seed: number;
  /** 00:00 UTC of the first day that is not part of it, ms. */
  readonly anchorMs: number;
  readonly users: number;
}

/** Days of traffic before the anchor. */
export const demoDays = 30;

/** One day, ms. */
export const dayMs = 86_400_000;

/** First instant of a plan, ms. */
export function startOf(plan: DemoPlan): number {
  return plan.anchorMs - demoDays * dayMs;
}

/** `YYYY-MM-DD` of an instant, UTC. */
export function dayName(ms: number): string {
  return isoTime(ms).slice(0, 10);
}

/** ISO 8601 with milliseconds. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
