import { expect, test } from "vitest";
import { FakeApp } from "../testing/fake-app.ts";
import { deviceContext } from "./device-context.ts";
import { campaignOf, plainAddress, trackDeepLinks, type Tracks } from "./links.ts";
import { type PushNotifications, trackPushOpen, trackPushOpens } from "./push.ts";
import { screenTracker, trackNavigation } from "./screens.ts";

/** Notes the calls of a helper. */
function noteCalls(): { calls: unknown[]; client: Tracks & { screen: Tracks["track"] } } {
  const calls: unknown[] = [];
  const note = (...call: unknown[]): void => void calls.push(call.filter((part) => part !== undefined));
  return { calls, client: { track: note, screen: note } };
}

test("SM19: links that launch or reach the app are tracked without query, their campaign beside them", async () => {
  const { calls, client } = noteCalls();
  const app = new FakeApp();
  app.launchUrl = "https://shop.example/p/7?utm_source=mail&utm_campaign=Winter+Sale%21&code=secret#frag";
  const stop = trackDeepLinks(client, app.linking);
  await Promise.resolve();
  app.link("shop://cart?token=secret");
  stop();
  app.link("shop://late");
  expect(calls).toEqual([
    [
      "Deep Link Opened",
      { url: "https://shop.example/p/7" },
      { context: { campaign: { source: "mail", name: "Winter Sale!" } } },
    ],
    ["Deep Link Opened", { url: "shop://cart" }],
  ]);
});

test.each([
  ["shop://u:p@host/x@y?a=1", "shop://host/x@y"],
  ["exp+shop://expo-development-client/?url=http%3A%2F%2F1", "exp+shop://expo-development-client/"],
  ["mailto:a@b.c", "mailto:a@b.c"],
  ["", ""],
])("SM19: %j is sent as %j", (url, sent) => {
  expect(plainAddress(url)).toBe(sent);
});

test("SM19: what encodes nothing, and names that objects have already, harm nothing", () => {
  expect(campaignOf("x://y?utm_term=%zz&__proto__=1&constructor=2")).toEqual({ term: "%zz" });
  expect(campaignOf("x://y")).toBeUndefined();
});

test("SM20: a notification that is opened is tracked once, with its action and campaign and nothing else of it", () => {
  const { calls, client } = noteCalls();
  let listener: Parameters<PushNotifications["addNotificationResponseReceivedListener"]>[0] = () => undefined;
  const response = (identifier: string, actionIdentifier: string, data?: unknown) => ({
    actionIdentifier,
    notification: { date: 1, request: { identifier, content: { title: "Hi Ann", data } } },
  });
  const launching = response("n1", "default", { campaign: { name: "Sale" }, account: "secret" });
  const notifications: PushNotifications = {
    DEFAULT_ACTION_IDENTIFIER: "default",
    getLastNotificationResponse: () => launching,
    addNotificationResponseReceivedListener: (given) => (
      (listener = given),
      { remove: () => (listener = () => undefined) }
    ),
  };
  const stop = trackPushOpens(client, notifications);
  listener(launching);
  listener(response("n2", "reply", "text"));
  stop();
  listener(response("n3", "default"));
  trackPushOpen(client, {});
  expect(calls).toEqual([
    ["Push Notification Tapped", { campaign: { name: "Sale" } }, { context: { campaign: { name: "Sale" } } }],
    ["Push Notification Tapped", { action: "reply" }],
    ["Push Notification Tapped", {}],
  ]);
});

test("SM21: a change of route is a screen, the first one too; parameters are sent only where the app picks them", () => {
  const { calls, client } = noteCalls();
  const listeners = new Map<string, () => void>();
  let route: { name: string; params?: object } | undefined;
  const container = {
    isReady: () => route !== undefined,
    getCurrentRoute: () => route,
    addListener: (type: string, listener: () => void) => (
      listeners.set(type, listener),
      () => void listeners.delete(type)
    ),
  };
  const stop = trackNavigation(client, container, ({ params }) => params && { tab: (params as { tab: string }).tab });
  route = { name: "Home" };
  listeners.get("ready")?.();
  listeners.get("state")?.();
  route = { name: "Cart", params: { tab: "later", token: "secret" } };
  listeners.get("state")?.();
  stop();
  expect(calls).toEqual([["Home"], ["Cart", { tab: "later" }]]);
  expect(listeners.size).toBe(0);
  trackNavigation(client, container);
  expect(calls[2]).toEqual(["Cart"]);
});

test("SM21: a name that is shown again is one screen", () => {
  const { calls, client } = noteCalls();
  const show = screenTracker(client);
  for (const name of ["/", "/", "/user/[id]", "/"]) show(name);
  expect(calls).toEqual([["/"], ["/user/[id]"], ["/"]]);
});

test("SM23: the context has Segment's names, leaves out what is not known, and an advertising id that was not given", () => {
  const info = {
    platform: { OS: "ios", Version: "26.1" },
    application: {
      applicationName: "Shop",
      applicationId: "com.example.shop",
      nativeApplicationVersion: "7",
      nativeBuildVersion: "70",
    },
    device: {
      manufacturer: "Apple",
      modelName: "iPhone 15",
      osName: "iOS",
      osVersion: null,
      deviceName: "Ann's phone",
    },
    screen: { width: 393, height: 852, scale: 3, fontScale: 1 },
    locale: { locale: "de-DE", timeZone: "Europe/Berlin" },
  };
  const context = {
    app: { name: "Shop", namespace: "com.example.shop", version: "7", build: "70" },
    device: { type: "ios", manufacturer: "Apple", model: "iPhone 15" },
    os: { name: "iOS", version: "26.1" },
    screen: { width: 393, height: 852, density: 3 },
    locale: "de-DE",
    timezone: "Europe/Berlin",
  };
  expect(deviceContext(info)).toEqual(context);
  expect(deviceContext({ ...info, advertisingId: "" })).toEqual(context);
  expect(deviceContext({ ...info, advertisingId: "AD-1" })["device"]).toEqual({
    ...context.device,
    advertisingId: "AD-1",
    adTrackingEnabled: true,
  });
  expect(deviceContext({})).toEqual({});
});
