import { type Row, rowOf } from "@sluice/lake";
import type { Receipt } from "@sluice/schema";
import { randomOf } from "../../analytics/testing/rows.ts";

/** Names of track events. */
const eventNames = [
  "Order Completed",
  "Order Refunded",
  "Promotion Viewed",
  "Promotion Clicked",
  ...Array.from({ length: 46 }, (_, i) => `Event ${String(i + 1).padStart(2, "0")}`),
];

const template: Receipt = {
  receiptId: "01KAG2X9YM0000000000000000",
  receivedAtMs: 0,
  isolateId: "isolate",
  sequence: 1,
  project: "shop",
  source: "web",
  keyKind: "public",
  keySerial: 1,
  sentAtMs: null,
  clockOffsetMs: null,
  geo: { country: "DE", region: null, city: null },
  ip: null,
  userAgent: null,
  impliedType: null,
  firstIndex: 0,
  eventCount: 1,
  rejected: [],
  rulesVersion: 1,
};

/** Events of an hour, or of another span: a quarter are pages, the rest of 50 names; a tenth of the visitors identify themselves. */
export function trafficOf(seed: number, fromMs: number, spanMs: number, events: number, visitors: number): Row[] {
  const random = randomOf(seed);
  const receipt = { ...template, receivedAtMs: fromMs + spanMs };
  return Array.from({ length: events }, (_, i) => {
    const visitor = Math.floor(random() * visitors);
    const isKnown = visitor % 10 === 0;
    const ids = { anonymousId: `visitor-${visitor}`, ...(isKnown && { userId: `user-${visitor}` }) };
    const timestamp = new Date(fromMs + Math.floor(random() * spanMs)).toISOString();
    const messageId = `${seed}-${i}`;
    if (isKnown && random() < 0.05) return rowOf({ type: "identify", ...ids, messageId, timestamp }, receipt, 0);
    if (random() < 0.25) return rowOf({ type: "page", ...ids, messageId, timestamp }, receipt, 0);
    const event = eventNames[Math.floor(random() * eventNames.length)] ?? "";
    const paid = event.startsWith("Order ") ? { revenue: (random() * 100).toFixed(2), currency: "EUR" } : {};
    return rowOf({ type: "track", event, ...ids, messageId, timestamp, properties: paid }, receipt, 0);
  });
}
