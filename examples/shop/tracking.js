import { decimal } from "./products.js";

/*
 * Every event of the shop, in one place. `sluice` is the global that the snippet makes; without the snippet
 * (a copy opened from disk) the shop works the same and sends nothing.
 */
const send = (method, ...values) => globalThis.sluice?.[method]?.(...values);

const currency = "EUR";

const fieldsOf = (product, quantity = 1) => ({
  product_id: product.id,
  name: product.name,
  category: product.category,
  price: decimal(product.cents),
  quantity,
  currency,
});

let isFirstView = true;

/** A view was shown. The snippet has recorded the first one by itself; the SDK adds address and referrer. */
export function pageViewed(name) {
  if (!isFirstView) send("page", name);
  isFirstView = false;
}

/** A product's own page was shown. */
export const productViewed = (product) => send("track", "Product Viewed", fieldsOf(product));

/** A product went into the cart. */
export const productAdded = (product) => send("track", "Product Added", fieldsOf(product));

/** A product left the cart. */
export const productRemoved = (product, quantity) => send("track", "Product Removed", fieldsOf(product, quantity));

/** The checkout form was opened. */
export const checkoutStarted = (lines, cents) =>
  send("track", "Checkout Started", { value: decimal(cents), currency, products: linesOf(lines) });

/** An order was placed. Revenue is a decimal text, so that no cent is lost on the way. */
export const orderCompleted = (orderId, lines, cents) =>
  send("track", "Order Completed", { order_id: orderId, revenue: decimal(cents), currency, products: linesOf(lines) });

/** Who ordered, as a user id: the address itself stays in the page. */
export const identified = (userId) => send("identify", userId);

/** A promotion came into sight, or was clicked. */
export const promotionViewed = (promotion) => send("track", "Promotion Viewed", promotionFields(promotion));
export const promotionClicked = (promotion) => send("track", "Promotion Clicked", promotionFields(promotion));

const linesOf = (lines) => lines.map(({ product, quantity }) => fieldsOf(product, quantity));

const promotionFields = ({ promotion_id, name, creative, position }) => ({ promotion_id, name, creative, position });
