import type { WriteKey } from "@sluice/schema";
import { afterEach, expect, test, vi } from "vitest";
import { Counters } from "../counters.ts";
import { keyRequestsPerMinuteAlarm } from "../limits.ts";
import { Brake } from "./brake.ts";
import type { Env } from "./env.ts";
import { settingsOf } from "./settings.ts";
import { TimeLimits } from "./time-limit.ts";

afterEach(() => vi.restoreAllMocks());

const key: WriteKey = { project: "shop", source: "web", kind: "public", serial: 1 };
const address = (): string => "203.0.113.7";

test("W40: a brake that fails or hangs lets the request go on, and is counted", async () => {
  const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const counters = new Counters();
  const failing = new Brake({ limit: () => Promise.reject(new Error("down")) }, counters);
  const hanging = new Brake({ limit: () => new Promise(() => undefined) }, counters);
  expect(await failing.isOver(key, address, 0, new TimeLimits())).toBe(false);
  expect(await hanging.isOver(key, address, 0, new TimeLimits())).toBe(false);
  expect(counters.report().brakeFailures).toBe(2);
  expect(warned).toHaveBeenCalledTimes(2);
});

test("W40: no address, no binding or a server key: nothing is asked", async () => {
  const limit = vi.fn(() => Promise.resolve({ success: false }));
  const brake = new Brake({ limit }, new Counters());
  expect(await brake.isOver(key, () => null, 0, new TimeLimits())).toBe(false);
  expect(await brake.isOver({ ...key, kind: "server" }, address, 0, new TimeLimits())).toBe(false);
  expect(await new Brake(null, new Counters()).isOver(key, address, 0, new TimeLimits())).toBe(false);
  expect(limit).not.toHaveBeenCalled();
  expect(await brake.isOver(key, address, 0, new TimeLimits())).toBe(true);
});

test("W40: the brake is on where deployed, off locally, and a variable decides otherwise", () => {
  const isOn = (env: Partial<Env>): boolean => settingsOf(env as Env).isBrakeOn;
  expect([isOn({}), isOn({ LOCAL: "" }), isOn({ LOCAL: "1" })]).toEqual([true, true, false]);
  expect([isOn({ BRAKE_MODE: "off" }), isOn({ LOCAL: "1", BRAKE_MODE: "on" })]).toEqual([false, true]);
});

test("W41: a key that passes the alarm is logged by its names, counted, and goes on", async () => {
  const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const counters = new Counters();
  const brake = new Brake(null, counters);
  for (let i = 0; i < keyRequestsPerMinuteAlarm + 10; i++) {
    if (await brake.isOver(key, address, 1, new TimeLimits())) throw new Error("refused");
  }
  expect(counters.report().keyAlarms).toBe(1);
  expect(warned).toHaveBeenCalledTimes(1);
  const line = JSON.parse(String(warned.mock.calls[0]?.[0])) as unknown;
  expect(line).toEqual({
    level: "warn",
    event: "key_over_alarm",
    project: "shop",
    source: "web",
    kind: "public",
    serial: 1,
  });
});
