import { expect, test } from "vitest";
import { receiptOf, trackOf } from "../../testing/fixtures.ts";
import { rowOf } from "../row.ts";
import { userAgentFacts } from "./user-agent.ts";

const mozilla = "Mozilla/5.0";
const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
const apple = "AppleWebKit/605.1.15 (KHTML, like Gecko)";

/** User agent → class, system, its version, browser, its version. */
const known = [
  [
    `${mozilla} (Windows NT 10.0; Win64; x64) ${webkit} Chrome/142.0.0.0 Safari/537.36`,
    "desktop",
    "Windows",
    "NT 10.0",
    "Chrome",
    "142.0.0.0",
  ],
  [
    `${mozilla} (Windows NT 10.0; Win64; x64) ${webkit} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.1.2`,
    "desktop",
    "Windows",
    "NT 10.0",
    "Microsoft Edge",
    "142.0.1.2",
  ],
  [
    `${mozilla} (Macintosh; Intel Mac OS X 10_15_7) ${apple} Version/26.0 Safari/605.1.15`,
    "desktop",
    "macOS",
    "10.15.7",
    "Safari",
    "26.0",
  ],
  [
    `${mozilla} (iPhone; CPU iPhone OS 18_6 like Mac OS X) ${apple} Version/26.0 Mobile/15E148 Safari/604.1`,
    "mobile",
    "iOS",
    "18.6",
    "Safari",
    "26.0",
  ],
  [
    `${mozilla} (iPhone; CPU iPhone OS 18_6 like Mac OS X) ${apple} CriOS/142.0.1 Mobile/15E148 Safari/604.1`,
    "mobile",
    "iOS",
    "18.6",
    "Chrome",
    "142.0.1",
  ],
  [
    `${mozilla} (iPad; CPU OS 17_6 like Mac OS X) ${apple} Version/17.6 Mobile/15E148 Safari/604.1`,
    "tablet",
    "iOS",
    "17.6",
    "Safari",
    "17.6",
  ],
  [
    `${mozilla} (Linux; Android 10; K) ${webkit} Chrome/142.0.0.0 Mobile Safari/537.36`,
    "mobile",
    "Android",
    "10",
    "Chrome",
    "142.0.0.0",
  ],
  [
    `${mozilla} (Linux; Android 16; SM-X710) ${webkit} Chrome/142.0.0.0 Safari/537.36`,
    "tablet",
    "Android",
    "16",
    "Chrome",
    "142.0.0.0",
  ],
  [
    `${mozilla} (Linux; Android 14; SM-S918B) ${webkit} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`,
    "mobile",
    "Android",
    "14",
    "Samsung Internet for Android",
    "28.0",
  ],
  [
    `${mozilla} (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0`,
    "desktop",
    "Linux",
    null,
    "Firefox",
    "140.0",
  ],
  [
    `${mozilla} (X11; CrOS x86_64 14541.0.0) ${webkit} Chrome/142.0.0.0 Safari/537.36`,
    "desktop",
    "Chrome OS",
    null,
    "Chrome",
    "142.0.0.0",
  ],
  [
    `${mozilla} (SMART-TV; Linux; Tizen 7.0) ${webkit} Version/7.0 TV Safari/537.36`,
    "tv",
    "Tizen",
    "7.0",
    "Tizen",
    "7.0",
  ],
] as const;

test.each(known)("L11: %s", (userAgent, deviceClass, osName, osVersion, browserName, browserVersion) => {
  expect(userAgentFacts(userAgent)).toEqual({ deviceClass, osName, osVersion, browserName, browserVersion });
});

test("L11: the user agents of libraries, apps and anything else say nothing, and names are from closed lists", () => {
  const none = { deviceClass: null, osName: null, osVersion: null, browserName: null, browserVersion: null };
  const others = ["", "okhttp/4.12.0", "Shop/2.1 CFNetwork/1490.0.4 Darwin/23.2.0", "x".repeat(30_000), "constructor"];
  for (const userAgent of [...others, "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8)", "Mozilla/5.0 Chrom3/1.0"]) {
    expect(userAgentFacts(userAgent), userAgent.slice(0, 50)).toEqual(none);
  }
});

test("L11: of a user agent, the first 512 characters are read", () => {
  const filler = (length: number): string => `${mozilla} (X11; Linux x86_64) ${"x".repeat(length)} Firefox/140.0`;
  expect(userAgentFacts(filler(400)).browserName).toBe("Firefox");
  expect(userAgentFacts(filler(600))).toMatchObject({ browserName: null, osName: "Linux" });
});

test("L10, L28: what the context states of device and system comes first, a version never without its own name", () => {
  const [, , , , , , android] = known;
  const deviceOf = (context: Record<string, object | string>): object => {
    const row = rowOf(trackOf({ context: { userAgent: android[0], ...context } as never }), receiptOf(), 0);
    const { device_type, device_class, os_name, os_version, browser_name, browser_version } = row;
    return [device_type, device_class, os_name, os_version, browser_name, browser_version];
  };
  expect(deviceOf({})).toEqual([null, "mobile", "Android", "10", "Chrome", "142.0.0.0"]);
  const os = { name: "HarmonyOS" };
  expect(deviceOf({ os })).toEqual([null, "mobile", "HarmonyOS", null, "Chrome", "142.0.0.0"]);
  expect(deviceOf({ os: { name: "", version: "" } })).toEqual([null, "mobile", "Android", "10", "Chrome", "142.0.0.0"]);
  const app = { userAgent: "okhttp/4.12.0", os: { name: "Android", version: "16" }, device: { type: "android" } };
  expect(deviceOf(app)).toEqual(["android", "mobile", "Android", "16", null, null]);
  const ipad = {
    userAgent: "Shop/2",
    os: { name: "iPadOS", version: "26.1" },
    device: { type: "ios", model: "iPad13,4" },
  };
  expect(deviceOf(ipad)).toEqual(["ios", "tablet", "iPadOS", "26.1", null, null]);
  expect(deviceOf({ userAgent: "Shop/2", device: { type: "toaster" } })).toEqual([
    "toaster",
    null,
    null,
    null,
    null,
    null,
  ]);
});
