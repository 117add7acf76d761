import { expect, test } from "vitest";
import { userAgentFacts } from "./user-agent.ts";

const mozilla = "Mozilla/5.0";
const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";

test("L11: common browsers are told by their user agent", () => {
  const cases = [
    [`${mozilla} (Windows NT 10.0; Win64; x64) ${webkit} Chrome/142.0 Safari/537.36`, "desktop", "Windows", "Chrome"],
    [
      `${mozilla} (Windows NT 10.0; Win64; x64) ${webkit} Chrome/142.0 Safari/537.36 Edg/142.0`,
      "desktop",
      "Windows",
      "Edge",
    ],
    [
      `${mozilla} (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15`,
      "desktop",
      "macOS",
      "Safari",
    ],
    [
      `${mozilla} (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1`,
      "mobile",
      "iOS",
      "Safari",
    ],
    [
      `${mozilla} (Linux; Android 16; Pixel 9) ${webkit} Chrome/142.0 Mobile Safari/537.36`,
      "mobile",
      "Android",
      "Chrome",
    ],
    [`${mozilla} (Linux; Android 16; SM-X710) ${webkit} Chrome/142.0 Safari/537.36`, "tablet", "Android", "Chrome"],
    [`${mozilla} (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0`, "desktop", "Linux", "Firefox"],
    ["analytics-node/3.0.13", null, null, null],
  ] as const;
  for (const [userAgent, deviceType, osName, browserName] of cases) {
    expect(userAgentFacts(userAgent), userAgent).toEqual({ deviceType, osName, browserName, isBot: false });
  }
  expect(userAgentFacts(null)).toEqual({ deviceType: null, osName: null, browserName: null, isBot: false });
});

test("L11: a user agent that names a well-known bot is one; a phone called Cubot is not", () => {
  for (const bot of ["Googlebot/2.1", "bingbot/2.0", "GPTBot/1.2", "facebookexternalhit/1.1"]) {
    expect(userAgentFacts(`${mozilla} (compatible; ${bot}; +https://example.org)`).isBot).toBe(true);
  }
  expect(userAgentFacts(`${mozilla} (Linux; Android 9; CUBOT_P20) ${webkit} Chrome/142.0 Mobile`).isBot).toBe(false);
});
