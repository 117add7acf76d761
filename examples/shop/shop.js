import * as cart from "./cart.js";
import { icon } from "./icons.js";
import { productOf, products, promotion } from "./products.js";
import * as tracking from "./tracking.js";

const view = document.getElementById("view");
const money = new Intl.NumberFormat(undefined, { style: "currency", currency: "EUR" });
const price = (cents) => money.format(cents / 100);

/** An element with attributes, listeners (`onclick`) and children; text is always text, never markup. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Shows a view and says so. */
function show(title, ...children) {
  document.title = title === "Home" ? "Steep & Grind" : `${title} – Steep & Grind`;
  view.replaceChildren(...children);
  document.getElementById("cart-count").textContent = String(cart.count());
  scrollTo(0, 0);
  tracking.pageViewed(title);
}

function home() {
  show("Home", hero(), element("section", { class: "grid", "aria-label": "Products" }, ...products.map(card)));
  tracking.promotionViewed(promotion);
}

function hero() {
  const target = `#/product/${promotion.productId}`;
  return element(
    "a",
    { class: "hero", href: target, onclick: () => tracking.promotionClicked(promotion) },
    element("span", { class: "eyebrow" }, "Spring at home"),
    element("strong", {}, "Forty turns to a better cup."),
    element("span", { class: "more" }, "See the hand grinder →"),
  );
}

function card(product) {
  return element(
    "a",
    { class: `card ${product.category}`, href: `#/product/${product.id}` },
    element("span", { class: "picture" }, icon(product.category)),
    element("span", { class: "name" }, product.name),
    element("span", { class: "price" }, price(product.cents)),
  );
}

function productPage(product) {
  const added = element("p", { class: "hint", role: "status" });
  const addOne = () => {
    cart.add(product);
    tracking.productAdded(product);
    document.getElementById("cart-count").textContent = String(cart.count());
    added.replaceChildren("In your cart. ", element("a", { href: "#/cart" }, "Go to the cart"));
  };
  show(
    product.name,
    element(
      "article",
      { class: `product ${product.category}` },
      element("div", { class: "picture" }, icon(product.category)),
      element(
        "div",
        {},
        element("p", { class: "eyebrow" }, product.category),
        element("h1", {}, product.name),
        element("p", {}, product.text),
        element("p", { class: "price" }, price(product.cents)),
        element("button", { type: "button", id: "add", onclick: addOne }, "Add to cart"),
        added,
      ),
    ),
  );
  tracking.productViewed(product);
}

function cartPage() {
  const lines = cart.lines();
  if (lines.length === 0) {
    return show("Cart", element("h1", {}, "Cart"), element("p", {}, "Nothing in it yet. "), backLink());
  }
  const removeLine = ({ product, quantity }) => {
    cart.remove(product);
    tracking.productRemoved(product, quantity);
    cartPage();
  };
  const row = (line) =>
    element(
      "li",
      {},
      element("span", {}, `${line.quantity} × ${line.product.name}`),
      element("span", { class: "price" }, price(line.product.cents * line.quantity)),
      element("button", { type: "button", class: "quiet", onclick: () => removeLine(line) }, "Remove"),
    );
  return show(
    "Cart",
    element("h1", {}, "Cart"),
    element("ul", { class: "lines" }, ...lines.map(row)),
    element("p", { class: "total" }, "Total ", element("strong", {}, price(cart.totalCents()))),
    element("a", { class: "button", href: "#/checkout", id: "checkout" }, "Check out"),
  );
}

function checkoutPage() {
  const lines = cart.lines();
  if (lines.length === 0) return cartPage();
  const place = async (event) => {
    event.preventDefault();
    tracking.identified(await userIdOf(new FormData(event.target).get("email")));
    const orderId = `order-${Date.now().toString(36)}-${Math.floor(Math.random() * 1e6)}`;
    tracking.orderCompleted(orderId, lines, cart.totalCents());
    cart.clear();
    location.hash = `#/thanks/${orderId}`;
  };
  show(
    "Checkout",
    element("h1", {}, "Checkout"),
    element(
      "form",
      { class: "form", onsubmit: place },
      element("label", { for: "email" }, "E-mail"),
      element("input", { id: "email", name: "email", type: "email", required: "", autocomplete: "email" }),
      element("p", { class: "total" }, "Total ", element("strong", {}, price(cart.totalCents()))),
      element("button", { type: "submit", id: "order" }, "Place the order"),
    ),
  );
  return tracking.checkoutStarted(lines, cart.totalCents());
}

/** A stable user id that does not carry the address: the first bytes of its hash. */
async function userIdOf(email) {
  const bytes = new TextEncoder().encode(String(email).trim().toLowerCase());
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `user-${[...hash.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function thanksPage(orderId) {
  show(
    "Thanks",
    element("h1", {}, "Thank you"),
    element("p", {}, `Order ${orderId} is on its way. Not really.`),
    backLink(),
  );
}

function backLink() {
  return element("a", { class: "button", href: "#/" }, "Back to the products");
}

function route() {
  const [, name = "", id = ""] = decodeURI(location.hash).split("/");
  const product = name === "product" ? productOf(id) : undefined;
  if (product !== undefined) productPage(product);
  else if (name === "cart") cartPage();
  else if (name === "checkout") checkoutPage();
  else if (name === "thanks") thanksPage(id);
  else home();
}

addEventListener("hashchange", route);
route();
