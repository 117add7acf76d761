import { productOf } from "./products.js";

const storageKey = "shop:cart";

/** The cart as lines of { product, quantity }; what a stored cart names and the shop no longer sells is left out. */
export function lines() {
  return Object.entries(stored()).flatMap(([id, quantity]) => {
    const product = productOf(id);
    return product === undefined || !(quantity > 0) ? [] : [{ product, quantity }];
  });
}

/** Puts one more of a product into the cart. */
export function add(product) {
  const quantities = stored();
  save({ ...quantities, [product.id]: (quantities[product.id] ?? 0) + 1 });
}

/** Takes a product out of the cart. */
export function remove(product) {
  const { [product.id]: _, ...rest } = stored();
  save(rest);
}

export const clear = () => save({});

export const count = () => lines().reduce((sum, line) => sum + line.quantity, 0);

export const totalCents = () => lines().reduce((sum, line) => sum + line.product.cents * line.quantity, 0);

function stored() {
  try {
    return JSON.parse(localStorage.getItem(storageKey) ?? "{}") ?? {};
  } catch {
    return {}; // storage is off or damaged: an empty cart
  }
}

function save(quantities) {
  try {
    localStorage.setItem(storageKey, JSON.stringify(quantities));
  } catch {
    // storage is off: the cart lasts no longer than the page
  }
}
