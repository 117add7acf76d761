import { type Row, rowOf } from "@sluice/lake";
import type { JsonObject, Receipt } from "@sluice/schema";
import fc from "fast-check";

/** First day of the made-up events, ms (2026-03-01). */
export const firstDayMs = Date.UTC(2026, 2, 1);

const receipt: Receipt = {
  receiptId: "01KAG2X9YM0000000000000000",
  receivedAtMs: Date.UTC(2026, 5, 1),
  isolateId: "isolate",
  sequence: 1,
  project: "shop",
  source: "web",
  keyKind: "server",
  keySerial: 1,
  sentAtMs: null,
  clockOffsetMs: null,
  geo: { country: null, region: null, city: null },
  ip: null,
  userAgent: null,
  impliedType: null,
  firstIndex: 0,
  eventCount: 1,
  rejected: [],
  rulesVersion: 1,
};

/** The row of an event, as the consumer would store it. */
export function rowFrom(event: JsonObject): Row {
  return rowOf(event, receipt, 0);
}

const name = fc.constantFrom(
  "Order Completed",
  "Order Refunded",
  "Promotion Viewed",
  "Ad Impression",
  "Promotion Clicked",
  "Ad Clicked",
  "Product Viewed",
  "😀 \ue000",
);
const type = fc.constantFrom("track", "track", "track", "page", "screen", "identify", "identify", "group", "alias");
const who = fc
  .record({
    userId: fc.option(fc.constantFrom("u1", "u2", "u3", "u4", "u5", "u6"), { nil: null }),
    anonymousId: fc.option(fc.constantFrom("a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "u1"), { nil: null }),
  })
  .map((ids) => (ids.userId === null && ids.anonymousId === null ? { userId: null, anonymousId: "a9" } : ids));

/** Any event of a shop, on a few hours of days spread over ten weeks, so that links reach over their window and fall out of it. */
export const anyEvent: fc.Arbitrary<JsonObject> = fc
  .record({
    type,
    event: name,
    who,
    day: fc.constantFrom(0, 1, 2, 15, 30, 31, 32, 33, 62, 70),
    hour: fc.constantFrom(0, 11, 23),
    ms: fc.constantFrom(0, 1, 3_599_999),
    isBot: fc.boolean(),
    previousId: fc.constantFrom("a1", "a2", "u1", "u2", "u3"),
    revenue: fc.option(fc.constantFrom("19.99", 0.1, 1e-6, "999999999999.999999", "-3", "free"), { nil: null }),
    currency: fc.option(fc.constantFrom("EUR", "usd", "GBP"), { nil: null }),
  })
  .map(({ type: kind, event, who: ids, day, hour, ms, isBot, previousId, revenue, currency }) => ({
    type: kind,
    ...(kind === "track" ? { event } : {}),
    ...(kind === "alias" ? { previousId } : {}),
    ...ids,
    timestamp: new Date(firstDayMs + day * 86_400_000 + hour * 3_600_000 + ms).toISOString(),
    properties: { revenue, currency },
    context: isBot ? { userAgent: "Mozilla/5.0 (compatible; Googlebot/2.1)" } : {},
  }));

/** An event of a visitor at noon of a day, counted from the first. */
export function visit(type: "page" | "identify", anonymousId: string, day: number, userId?: string): JsonObject {
  const timestamp = new Date(firstDayMs + day * 86_400_000 + 43_200_000).toISOString();
  return { type, anonymousId, timestamp, messageId: `${type}-${anonymousId}-${day}`, ...(userId && { userId }) };
}

/** What a campaign cost on the first day. */
export const campaignCost: JsonObject = {
  ...{ type: "track", event: "Campaign Cost", userId: "ads", messageId: "ads" },
  ...{ timestamp: new Date(firstDayMs).toISOString(), properties: { cost: "2.5", currency: "EUR" } },
};

/** The same events for a seed, each with its own message id. */
export function eventsOf(seed: number, count: number): JsonObject[] {
  return fc
    .sample(anyEvent, { seed, numRuns: count })
    .map((event, index) => ({ ...event, messageId: `m-${(index * 7919) % count}-${index}` }));
}

/** Numbers from 0 to below 1, the same for a seed (splitmix32): decides about order and splits in tests. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** The items in another order. */
export function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
