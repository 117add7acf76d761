import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeApp } from "../testing/fake-app.ts";
import { firstPhase, nextPhase, type Phase } from "./lifecycle.ts";
import type { MobileOptions } from "./options.ts";

let app: FakeApp;
beforeEach(() => {
  vi.useFakeTimers();
  app = new FakeApp();
});
afterEach(() => vi.useRealTimers());

const wanted: Partial<MobileOptions> = { lifecycleEvents: true, flushIntervalMs: 100 };

function tracked(): unknown[] {
  return app.events().map(({ event, properties }) => [event, properties]);
}

test("SM17: installation, opening, leaving, coming back and update are tracked under Segment's names and properties", async () => {
  app.start(wanted);
  await vi.advanceTimersByTimeAsync(1000);
  app.state("inactive");
  app.state("background");
  await vi.advanceTimersByTimeAsync(60_000);
  app.state("active");
  await vi.advanceTimersByTimeAsync(1000);
  app.start(wanted);
  await vi.advanceTimersByTimeAsync(1000);
  app.start({ ...wanted, context: { app: { version: "8", build: "80" } } });
  await vi.advanceTimersByTimeAsync(1000);
  const seven = { version: "7", build: "70" };
  const eight = { version: "8", build: "80" };
  expect(tracked()).toEqual([
    ["Application Installed", seven],
    ["Application Opened", { from_background: false, ...seven }],
    ["Application Backgrounded", {}],
    ["Application Opened", { from_background: true, ...seven }],
    ["Application Opened", { from_background: false, ...seven }],
    ["Application Updated", { ...eight, previous_version: "7", previous_build: "70" }],
    ["Application Opened", { from_background: false, ...eight }],
  ]);
});

test("SM17: without the option no such event is made", async () => {
  const client = app.start({ flushIntervalMs: 100 });
  await client.track("A");
  app.state("background");
  app.state("active");
  await vi.advanceTimersByTimeAsync(1000);
  expect(app.names()).toEqual(["A"]);
});

test("SM17: what the system starts in the background is not opened before it is seen", async () => {
  app.currentState = "background";
  app.start(wanted);
  await vi.advanceTimersByTimeAsync(1000);
  app.state("background");
  await vi.advanceTimersByTimeAsync(1000);
  expect(app.names()).toEqual(["Application Installed"]);
  app.state("active");
  await vi.advanceTimersByTimeAsync(1000);
  expect(tracked()[1]).toEqual(["Application Opened", { from_background: false, version: "7", build: "70" }]);
});

test("SM17: the link that launched the app is named without its query; one that never comes delays nothing for long", async () => {
  app.launchUrl = "shop://user:pw@cart/7?token=secret#x";
  app.start({ ...wanted, linking: app.linking });
  await vi.advanceTimersByTimeAsync(500);
  expect(tracked()[1]).toMatchObject(["Application Opened", { url: "shop://cart/7" }]);
  const startMs = Date.now();
  app.start({ ...wanted, linking: { ...app.linking, getInitialURL: () => new Promise(() => undefined) } });
  await vi.advanceTimersByTimeAsync(2000);
  expect(app.events()[2]).toMatchObject({
    properties: { from_background: false, version: "7", build: "70" },
    timestamp: new Date(startMs).toISOString(),
  });
  app.start({ ...wanted, linking: { ...app.linking, getInitialURL: () => Promise.reject(new Error("none")) } });
  await vi.advanceTimersByTimeAsync(2000);
  expect(app.names()[3]).toBe("Application Opened");
});

test.each<[string | null, readonly string[], Phase]>([
  ["active", ["inactive", "active"], "foreground"],
  ["unknown", [], "foreground"],
  [null, ["background"], "background"],
  ["inactive", ["active", "inactive", "background", "inactive"], "background"],
  ["background", ["inactive"], "launching"],
  ["background", ["active", "background", "active"], "foreground"],
])("SM17: AppState %j followed by %j ends in %s", (first, states, phase) => {
  expect(states.reduce(nextPhase, firstPhase(first))).toBe(phase);
});
