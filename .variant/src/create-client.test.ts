import { expect, test } from "vitest";
import { createClient } from "./create-client.ts";
import { snippet } from "./snippet.ts";

const good = { host: "https://in.example.com", writeKey: "shop.web.p1.key" };

test("SW14: imported and called where there is no page, it does nothing", async () => {
  const client = createClient(good);
  client.track("A");
  client.identify("u");
  client.page();
  client.screen();
  client.group("g");
  client.alias("u");
  client.register({ a: 1 });
  client.setConsent("denied");
  client.ready(() => undefined);
  client.use({})();
  client.on("delivered", () => undefined)();
  client.reset();
  expect(client.anonymousId()).toBe("");
  expect(await client.flush()).toEqual({ delivered: [], rejected: [], dropped: [], kept: [] });
});

test.each([
  ["host", { host: "" }],
  ["host", { host: "in.example.com" }],
  ["host", { host: "https://in.example.com/" }],
  ["writeKey", { writeKey: undefined }],
  ["flushAt", { flushAt: 0 }],
  ["flushIntervalMs", { flushIntervalMs: -1 }],
  ["maxQueueCharacters", { maxQueueCharacters: "many" }],
  ["consent", { consent: "yes" }],
  ["pending", { pending: "later" }],
])("SW15: a bad %s throws, and names the option", (name, bad) => {
  const options = { ...good, ...bad } as never;
  expect(() => createClient(options)).toThrow(`sluice: bad ${name}`);
  expect(() => snippet(options)).toThrow(`sluice: bad ${name}`);
});

test("SW16: names and properties of typed events are checked by the compiler, and nothing else is accepted", () => {
  interface Events {
    "Product Added": { sku: string; quantity?: number };
    "Cart Emptied": Record<string, never>;
  }
  const client = createClient<Events>(good);
  client.track("Product Added", { sku: "A1" });
  client.track("Cart Emptied");
  // @ts-expect-error a name that is not declared
  client.track("Product Aded", { sku: "A1" });
  // @ts-expect-error a property of another type
  client.track("Product Added", { sku: 1 });
  // @ts-expect-error a property that is required
  client.track("Product Added");
  createClient(good).track("Anything", { at: "all" });
  client.on("rejected", ({ reason }) => reason satisfies string);
  expect(client.anonymousId()).toBe(""); // where there is no page, typed calls do nothing either
});
