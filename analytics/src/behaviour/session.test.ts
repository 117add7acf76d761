import { describe, expect, test } from "vitest";
import { rowFrom } from "../../testing/rows.ts";
import { quantileDisc } from "./quantile.ts";
import { type DeviceStep, isOnDevice, sessionMsMax, sessionOf, sessionRuns } from "./session.ts";
import { propertyOf, type Step, stepOf } from "./step.ts";

const startMs = Date.UTC(2026, 2, 1, 23, 50);
const minute = 60_000;

function step(offsetMs: number, fields: object = {}, session: string | null = null): Step {
  const timestamp = new Date(startMs + offsetMs).toISOString();
  const { context, ...rest } = { context: {}, ...fields };
  const stated = { ...context, ...(session !== null && { session: { id: session } }) };
  const row = rowFrom({
    type: "page",
    anonymousId: "a",
    timestamp,
    messageId: `m${offsetMs}`,
    context: stated,
    ...rest,
  });
  const made = stepOf({ ...row, key_kind: "public" }, new Map());
  if (made === null) throw new Error("no step");
  return made;
}

function onDevice(steps: readonly Step[]): DeviceStep[] {
  return steps.filter(isOnDevice);
}

describe("sessions", () => {
  test("A81: a pause of thirty minutes belongs to a session, a longer one ends it, midnight does not", () => {
    const runs = sessionRuns(onDevice([step(0), step(30 * minute), step(60 * minute + 1)]));
    expect(runs.map((run) => run.map((one) => one.time - startMs))).toEqual([[0, 30 * minute], [60 * minute + 1]]);
  });

  test("A81: another session id begins a session; an event without one goes on with the one before it", () => {
    const steps = [step(0, {}, "s1"), step(1), step(2, {}, "s1"), step(3, {}, "s2")];
    expect(sessionRuns(onDevice(steps)).map((run) => run.length)).toEqual([3, 1]);
  });

  test("A81: server events, and those without an anonymous id, belong to no session", () => {
    expect(isOnDevice({ ...step(0), key_kind: "server" })).toBe(false);
    expect(isOnDevice({ ...step(0), anonymous_id: null })).toBe(false);
  });

  test("A81: a device that never pauses has one session, which holds its first 24 hours", () => {
    const steps = Array.from({ length: 300 }, (_, index) => step(index * 10 * minute));
    const runs = sessionRuns(onDevice(steps));
    expect(runs.map((run) => run.length)).toEqual([sessionMsMax / (10 * minute)]);
  });

  test("A81: a bounce is one page or screen and nothing else", () => {
    const one = (...steps: Step[]) => sessionOf(onDevice(steps));
    expect(one(step(0)).is_bounce).toBe(true);
    expect(one(step(0), step(0, { type: "track", event: "Clicked", messageId: "n" })).is_bounce).toBe(false);
    expect(one(step(0), step(1)).is_bounce).toBe(false);
    expect(one(step(0, { type: "track", event: "Clicked" })).is_bounce).toBe(false);
  });

  test("A81: a session says where it began, ended and came from", () => {
    const page = (path: string, referrer = "https://shop.example/") => ({
      context: { page: { path, url: `https://shop.example${path}`, referrer } },
    });
    const session = sessionOf(
      onDevice([step(0, page("/a", "https://News.example:8080/x")), step(5000, page("/b")), step(9000, page("/c"))]),
    );
    expect(session).toMatchObject({ entry_page: "/a", exit_page: "/c", page_ms: 9000, pages: 3, events: 3 });
    expect(session).toMatchObject({ referrer_host: "news.example", is_touch: true });
    expect(sessionOf(onDevice([step(0, page("/a"))]))).toMatchObject({ referrer_host: null, is_touch: false });
    const fromMail = { context: { campaign: { source: "mail" } } };
    expect(sessionOf(onDevice([step(0, fromMail)]))).toMatchObject({ campaign_source: "mail", is_touch: true });
  });
});

test("A81: a step keeps the properties asked for, as bounded text, and none that is no scalar", () => {
  const properties = { plan: "x".repeat(500), n: 1.5, deep: { a: 1 }, other: "no", constructor: "own", yes: true };
  const row = rowFrom({
    type: "track",
    event: "E",
    anonymousId: "a",
    messageId: "m",
    timestamp: "2026-03-01T00:00:00Z",
    properties,
  });
  const kept = new Map([["E", ["plan", "n", "deep", "yes", "toString"]]]);
  const made = stepOf(row, kept);
  expect(made?.properties).toBe(JSON.stringify({ n: "1.5", plan: "x".repeat(200), yes: "true" }));
  expect(propertyOf(made as Step, "toString")).toBeNull();
  expect(propertyOf(made as Step, "n")).toBe("1.5");
});

test("A82: percentiles are the smallest value that the share does not exceed", () => {
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  expect([1, 2, 3, 10, 11].map((count) => quantileDisc(numbers(count), 50))).toEqual([1, 1, 2, 5, 6]);
  expect([1, 9, 10, 11, 20].map((count) => quantileDisc(numbers(count), 90))).toEqual([1, 9, 9, 10, 18]);
  expect(quantileDisc([], 50)).toBeNull();
});
