import { type Row, rowOf } from "@sluice/lake";
import { randomOf } from "../../analytics/testing/rows.ts";
import { receiptOf } from "../../lake/testing/fixtures.ts";

/** Names of track events. */
const eventNames = [
  "Order Completed",
  "Order Refunded",
  "Promotion Viewed",
  "Promotion Clicked",
  ...Array.from({ length: 46 }, (_, i) => `Event ${String(i + 1).padStart(2, "0")}`),
];

/** Events of an hour, or of another span: a quarter are pages, the rest of 50 names; a tenth of the visitors identify themselves. */
export function trafficOf(seed: number, fromMs: number, spanMs: number, events: number, visitors: number): Row[] {
  const random = randomOf(seed);
  const receipt = receiptOf({ receivedAtMs: fromMs + spanMs });
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
