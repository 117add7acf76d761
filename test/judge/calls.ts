import type { EventType, JsonObject } from "@sluice/schema";

/** One call of an SDK, and so one event that the lake must hold once. */
export interface Call {
  /** Unique over the whole test; travels in `properties.mark` or `traits.mark`, whatever the SDK does to ids. */
  readonly mark: string;
  readonly type: EventType;
  readonly event: string | null;
  readonly name: string | null;
  readonly groupId: string | null;
  readonly userId: string | null;
  readonly anonymousId: string | null;
  readonly properties: JsonObject | null;
  readonly traits: JsonObject | null;
  readonly timeMs: number;
}

/** The first and the last day of the calls, relative to the day of `nowMs`. */
export const firstDay = -40;
const dayMs = 86_400_000;

/**
 * What each server SDK is told to send: people who are anonymous first, on several days, one device that two
 * people log in on, money whose sum no double gets right, and every event that a KPI counts.
 */
export function callsOf(sdk: string, nowMs: number): Call[] {
  const script = new Script(sdk, Math.floor(nowMs / dayMs) * dayMs);
  const [ann, bob, shared] = [`${sdk}-ann`, `${sdk}-bob`, `${sdk}-tablet`];
  script.track(firstDay, 0, { anonymousId: ann }, "Product Viewed", { price: 3 });
  script.add(
    -9,
    23.99,
    { anonymousId: ann },
    { type: "page", name: "Home", properties: { url: "https://shop.example/?utm_source=mail&utm_campaign=spring" } },
  );
  script.add(-8, 0, { anonymousId: bob }, { type: "screen", name: "Start", properties: { dark: true } });
  for (const [index, revenue] of [0.1, 0.2, "0.30", 14.99, "1234567.891234"].entries()) {
    script.track(-8, 10 + index, { userId: "everywhere" }, "Order Completed", { revenue, currency: "EUR" });
  }
  script.track(-8, 16, { anonymousId: bob }, "Order Completed", { revenue: "19.990001", currency: "usd" });
  script.track(-8, 17, { anonymousId: shared }, "Order Completed", { revenue: 5 });
  script.track(-7, 1, { userId: "everywhere" }, "Order Refunded", { revenue: "0.3", currency: "EUR" });
  script.track(-7, 2, { anonymousId: shared }, "Ad Impression", { campaign: "spring" });
  script.track(-7, 2.5, { anonymousId: shared }, "Promotion Viewed", { campaign: "spring" });
  script.track(-7, 3, { anonymousId: shared }, "Ad Clicked", { campaign: "spring" });
  script.track(-7, 3.5, { anonymousId: bob }, "Promotion Clicked", { campaign: "spring" });
  script.add(-6, 5, { userId: `${sdk}-zoe`, anonymousId: shared }, { type: "identify", traits: { plan: "club" } });
  script.add(-6, 6, { userId: "everywhere", anonymousId: shared }, { type: "identify", traits: { plan: "free" } });
  script.add(-5, 7, { userId: "everywhere", anonymousId: ann }, { type: "identify", traits: { city: "Zürich 🚲" } });
  script.add(-5, 8, { userId: "everywhere" }, { type: "group", groupId: "company", traits: { seats: 3 } });
  script.track(-5, 9, { anonymousId: shared }, "Product Viewed", {
    nested: { list: [1, "two", null, { three: 3.5 }] },
  });
  script.track(-1, 23.9999, { userId: "everywhere", anonymousId: ann }, "Product Added", { quantity: 2 });
  return script.calls;
}

type Who = { readonly userId?: string; readonly anonymousId?: string };
type What = Partial<Pick<Call, "event" | "name" | "groupId" | "properties" | "traits">> & Pick<Call, "type">;

class Script {
  readonly calls: Call[] = [];
  readonly #sdk: string;
  readonly #todayMs: number;

  constructor(sdk: string, todayMs: number) {
    this.#sdk = sdk;
    this.#todayMs = todayMs;
  }

  track(day: number, hour: number, who: Who, event: string, properties: JsonObject): void {
    this.add(day, hour, who, { type: "track", event, properties });
  }

  add(day: number, hour: number, who: Who, what: What): void {
    const mark = `${this.#sdk}-${this.calls.length}`;
    const { type, event = null, name = null, groupId = null } = what;
    this.calls.push({
      ...{ mark, type, event, name, groupId, userId: who.userId ?? null, anonymousId: who.anonymousId ?? null },
      properties: what.properties === undefined ? null : { ...what.properties, mark },
      traits: what.traits === undefined ? null : { ...what.traits, mark },
      timeMs: this.#todayMs + day * dayMs + Math.round(hour * 3_600_000),
    });
  }
}
