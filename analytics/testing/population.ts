import type { Row } from "@sluice/lake";
import type { JsonObject } from "@sluice/schema";
import { randomOf, rowFrom } from "./rows.ts";

/** First instant of the population's events: three weeks before Europe changes to summer time. */
const populationFromMs = Date.UTC(2026, 2, 8);

const pages = ["/", "/pricing", "/docs", "/signup", "/ü 😀"];
const referrers = [
  "https://www.google.com/search?q=x",
  "https://shop.example/",
  "https://NEWS.example:8080/a",
  "android-app://x",
  "",
];

/**
 * Rows of visitors who come back, identify themselves late or on two devices, buy in three currencies, see experiments, and
 * never pause or change their session now and then; and of servers that order for them. The same for a seed.
 *
 * @param days over which visits are spread, from 2026-03-08.
 */
export function populationOf(seed: number, visitors: number, days: number): Row[] {
  const random = randomOf(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const rows: Row[] = [];
  let number = 0;
  const push = (timeMs: number, event: JsonObject, isServer = false): void => {
    number += 1;
    const messageId = `m${(number * 7919) % 10007}-${number}`;
    const row = rowFrom({ ...event, messageId, timestamp: new Date(timeMs).toISOString() });
    rows.push({ ...row, key_kind: isServer ? "server" : "public" });
  };
  for (let visitor = 0; visitor < visitors; visitor++) {
    const anonymousId = `a${visitor}`;
    const userId = `u${Math.floor(visitor / 2)}`;
    const identifiesAt = random() < 0.5 ? populationFromMs + random() * days * 86_400_000 : Infinity;
    const visits = 1 + Math.floor(random() * 5);
    for (let visit = 0; visit < visits; visit++) {
      // Many events lie at quarter hours, where days begin in some zone.
      let timeMs = populationFromMs + Math.floor(random() * days * 96) * 900_000;
      let session = `s${visitor}-${visit}`;
      const campaign = random() < 0.3 ? { source: pick(["ads", "mail"]), name: pick(["spring", "ü"]) } : undefined;
      const steps = random() < 0.03 ? 200 : 1 + Math.floor(random() * 8);
      for (let step = 0; step < steps; step++) {
        const known = timeMs >= identifiesAt;
        const who = { anonymousId, ...(known && random() < 0.8 && { userId }) };
        const path = pick(pages);
        const url = `https://shop.example${encodeURI(path)}`;
        const page = { path, url, ...(step === 0 && { referrer: pick(referrers) }) };
        const context = {
          page,
          ...(random() < 0.9 && { session: { id: session } }),
          ...(campaign && step === 0 && { campaign }),
        };
        if (known && random() < 0.3) push(timeMs, { type: "identify", anonymousId, userId, context });
        push(timeMs, { ...who, context, ...actionOf(random, pick) });
        if (random() < 0.05) session += "x";
        timeMs += steps > 100 ? 600_000 : pick([0, 1_000, 60_000, 1_800_000, 1_800_001, 900_000, 7_200_000]);
      }
      if (random() < 0.2) push(timeMs + 5_000, { ...order(random, pick), userId, properties: { revenue: 5 } }, true);
    }
  }
  return rows;
}

function actionOf(random: () => number, pick: <Item>(items: readonly Item[]) => Item): JsonObject {
  const what = random();
  if (what < 0.5) return { type: "page" };
  if (what < 0.55) return { type: "screen", name: pick(["Home", "Cart"]) };
  if (what < 0.7)
    return { type: "track", event: "Signed Up", properties: { plan: pick(["free", "pro", 3, null, true]) } };
  if (what < 0.8) {
    const ids = { experiment_id: pick(["checkout", "other"]), variation_id: pick(["a", "a", "b", "c"]) };
    return { type: "track", event: "Experiment Viewed", properties: ids };
  }
  return what < 0.95 ? order(random, pick) : { type: "track", event: "Product Viewed" };
}

function order(random: () => number, pick: <Item>(items: readonly Item[]) => Item): JsonObject {
  const properties = { revenue: pick(["19.99", 0.1, "7", null]), currency: pick(["EUR", "usd", "JPY", null]) };
  return { type: "track", event: random() < 0.85 ? "Order Completed" : "Order Refunded", properties };
}
