import { expect, test } from "vitest";
import { receiptOf, trackOf } from "../../testing/fixtures.ts";
import { rowOf } from "../row.ts";

const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";

function isBot(userAgent: string | null): boolean {
  return rowOf(trackOf(), receiptOf({ userAgent }), 0).is_bot;
}

test("L29: crawlers, monitors and automated browsers are flagged", () => {
  const bots = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    `Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) ${webkit} Chrome/142.0 Mobile Safari/537.36 (compatible; GPTBot/1.2)`,
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    `Mozilla/5.0 (X11; Linux x86_64) ${webkit} HeadlessChrome/156.0.0.0 Safari/537.36`,
    "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Twitterbot/1.0",
  ];
  for (const userAgent of bots) expect(isBot(userAgent), userAgent).toBe(true);
});

test("L29: browsers, apps, the HTTP libraries that apps send by, and people with curl are not", () => {
  const others = [
    null,
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/142.0.0.0 Safari/537.36`,
    `Mozilla/5.0 (Linux; Android 9; CUBOT_P20) ${webkit} Chrome/142.0 Mobile Safari/537.36`,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/500.0]",
    "okhttp/4.12.0",
    "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/UQ1A)",
    "Shop/2.1 CFNetwork/1490.0.4 Darwin/23.2.0",
    "analytics-kotlin/1.24.1",
    "analytics-node-next/latest",
    "node",
    "curl/8.5.0",
    "python-requests/2.32",
  ];
  for (const userAgent of others) expect(isBot(userAgent), String(userAgent)).toBe(false);
});

test("L29: a bot's event is a row like any other; a server's own agent makes none of its users a bot", () => {
  const bot = receiptOf({ userAgent: "Mozilla/5.0 (compatible; Googlebot/2.1)" });
  const row = rowOf(trackOf(), bot, 0);
  expect(row).toMatchObject({ is_bot: true, event: "Order Completed", user_agent: bot.userAgent });
  expect(rowOf(trackOf(), { ...bot, keyKind: "server" }, 0).is_bot).toBe(false);
});
