import type { JsonObject } from "@sluice/schema";
import type { DemoEvent } from "./event.ts";
import { Journey } from "./journey.ts";
import type { Device, Person } from "./population.ts";
import { between, chance, pick, type Random, uuidFrom, weightedIndex } from "./random.ts";
import { type Campaign, campaigns, type Product, products, shopOrigin } from "./shop.ts";
import { checkOut } from "./checkout.ts";

/**
 * One visit of one person, from its first page or screen to the order and its refund days later, in the
 * order in which things happen. Changes the device (who is logged in) and the person (who has an account).
 */
export function visit(person: Person, device: Device, random: Random, startMs: number): DemoEvent[] {
  if (device.kind === "web" && chance(random, 0.03)) forget(device, random);
  if (chance(random, 0.12)) device.loggedInAs = null;
  const journey = new Journey(person, device, random, startMs);
  arrive(journey);
  if (device.loggedInAs === null && chance(random, 0.2)) identify(journey);
  const cart = browse(journey);
  if (cart.length > 0 && chance(random, 0.55)) checkOut(journey, cart, identify);
  return journey.events;
}

/** The visitor clears the browser: from now on it is another anonymous device. */
function forget(device: Device, random: Random): void {
  device.anonymousId = uuidFrom(random);
  device.loggedInAs = null;
}

function arrive(journey: Journey): void {
  const { device, random } = journey;
  const campaign = chance(random, 0.28)
    ? campaigns[
        weightedIndex(
          random,
          campaigns.map((c) => c.weight),
        )
      ]
    : undefined;
  if (campaign !== undefined) followAd(journey, campaign);
  if (device.kind === "app") {
    journey.say({
      type: "track",
      event: "Application Opened",
      properties: {
        from_background: chance(random, 0.5),
        ...(campaign ? { url: `shop://open?${queryOf(campaign)}` } : {}),
      },
    });
    journey.wait(0, 2);
  }
  showPage(journey, "Home", "/", campaign);
  if (chance(random, 0.6)) promote(journey);
}

/** An ad that was seen elsewhere, then clicked: both reach us with the device's own anonymous id. */
function followAd(journey: Journey, campaign: Campaign): void {
  const properties = { campaign: campaign.name, creative: campaign.content };
  for (let seen = between(journey.random, 3, 9); seen > 0; seen--) {
    journey.say({ type: "track", event: "Ad Impression", properties });
    journey.wait(1, 240);
  }
  journey.say({ type: "track", event: "Ad Clicked", properties });
  journey.wait(1, 4);
  const { name, source, medium, content } = campaign;
  journey.carry({ campaign: { name, source, medium, content } });
}

function queryOf(campaign: Campaign): string {
  const { source, medium, name, content } = campaign;
  return `utm_source=${source}&utm_medium=${medium}&utm_campaign=${name}&utm_content=${content}`;
}

/** A page view on the web, a screen in the app. */
function showPage(journey: Journey, name: string, path: string, campaign?: Campaign): void {
  if (journey.device.kind === "app") {
    journey.say({ type: "screen", name, properties: { path } });
  } else {
    const search = campaign === undefined ? "" : `?${queryOf(campaign)}`;
    const page: JsonObject = {
      url: `${shopOrigin}${path}${search}`,
      path,
      search,
      title: `${name} – Demo Shop`,
      referrer: "",
    };
    journey.carry({ page });
    journey.say({ type: "page", name, properties: page });
  }
  journey.wait(2, 40);
}

/** The banners of the home page pass by; now and then one is clicked. */
function promote(journey: Journey): void {
  for (let banners = between(journey.random, 1, 3); banners > 0; banners--) {
    const campaign = pick(journey.random, campaigns);
    const properties = { promotion_id: `promo-${campaign.name}`, creative: "hero", campaign: campaign.name };
    journey.say({ type: "track", event: "Promotion Viewed", properties });
    journey.wait(1, 8);
    if (!chance(journey.random, 0.05)) continue;
    journey.say({ type: "track", event: "Promotion Clicked", properties });
    journey.wait(1, 3);
    return;
  }
}

/** Looks at products; returns those that went into the cart. */
function browse(journey: Journey): Product[] {
  const { random } = journey;
  const cart: Product[] = [];
  for (let views = between(random, 0, 5); views > 0; views--) {
    const product = pick(random, products);
    showPage(journey, product.name, `/products/${product.id}`);
    const properties = propertiesOf(product);
    journey.say({ type: "track", event: "Product Viewed", properties });
    journey.wait(3, 60);
    if (!chance(random, 0.18)) continue;
    cart.push(product);
    journey.say({ type: "track", event: "Product Added", properties: { ...properties, quantity: 1 } });
    journey.wait(1, 15);
  }
  return cart;
}

function propertiesOf(product: Product): JsonObject {
  return { product_id: product.id, name: product.name, category: product.category, price: product.cents / 100 };
}

/** Logs in, or signs up where this person would; a stranger stays one. */
function identify(journey: Journey): void {
  const { person, device, random } = journey;
  const isNew = !person.hasAccount && person.maySignUp;
  if (device.loggedInAs !== null || (!person.hasAccount && !isNew)) return;
  person.hasAccount = true;
  device.loggedInAs = person.userId;
  const traits = { email: `${person.userId}@shop.example`, plan: chance(random, 0.1) ? "club" : "free" };
  journey.say({ type: "identify", traits });
  journey.wait(0, 1);
  journey.say({ type: "track", event: isNew ? "Signed Up" : "Signed In", properties: { method: "email" } });
  journey.wait(1, 10);
}
