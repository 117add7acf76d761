import type { JsonObject } from "@sluice/schema";
import { dayMs } from "./event.ts";
import type { Journey } from "./journey.ts";
import { between, chance } from "./random.ts";
import type { Product } from "./shop.ts";

/** Cart, checkout, order at the server, and now and then a refund some days later. */
export function checkOut(journey: Journey, cart: readonly Product[], identify: (journey: Journey) => void): void {
  const { random } = journey;
  const cents = cart.reduce((sum, product) => sum + product.cents, 0);
  const lines = cart.map((product) => ({ product_id: product.id, quantity: 1, price: product.cents / 100 }));
  journey.say({ type: "track", event: "Checkout Started", properties: { value: cents / 100, products: lines } });
  journey.wait(10, 120);
  if (chance(random, 0.8)) identify(journey);
  if (!chance(random, 0.72)) return;
  const discount = chance(random, 0.2) ? Math.floor(cents / 10) : 0;
  const orderId = `order-${between(random, 0, 0x7fffffff)}-${journey.nowMs}`;
  const paid = moneyOf(journey, cents - discount);
  const properties = { order_id: orderId, products: lines, discount: discount / 100, ...paid };
  journey.sayAtServer({ type: "track", event: "Order Completed", properties }, journey.nowMs);
  journey.wait(1, 4);
  if (!chance(random, 0.05)) return;
  const refundMs = journey.nowMs + between(random, dayMs / 24, 9 * dayMs);
  journey.sayAtServer({ type: "track", event: "Order Refunded", properties: { order_id: orderId, ...paid } }, refundMs);
}

/** Ten-thousandths of a US dollar for one euro: six fraction digits, which a double could not add up. */
const dollarsPerTenThousandEuros = 10_792;

/** Revenue as clients send it: numbers, now and then texts, and now and then no currency (then the project's). */
function moneyOf(journey: Journey, cents: number): JsonObject {
  if (journey.person.paysIn === "USD") {
    const micros = String(cents * dollarsPerTenThousandEuros).padStart(7, "0");
    return { revenue: `${micros.slice(0, -6)}.${micros.slice(-6)}`, currency: "USD" };
  }
  if (chance(journey.random, 0.04)) return { revenue: cents / 100 };
  if (chance(journey.random, 0.1)) return { revenue: (cents / 100).toFixed(2), currency: "eur" };
  return { revenue: cents / 100, currency: "EUR" };
}
