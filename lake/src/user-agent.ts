/** What a user agent plainly says. Few rules on purpose: an unknown one yields nulls, not guesses. */
export interface UserAgentFacts {
  readonly deviceType: "mobile" | "tablet" | "desktop" | null;
  readonly osName: string | null;
  readonly browserName: string | null;
  readonly isBot: boolean;
}

/** Names by which well-known crawlers and monitors present themselves. */
const botTokens =
  /googlebot|adsbot-google|google-inspectiontool|bingbot|yandexbot|baiduspider|duckduckbot|applebot|gptbot|claudebot|ccbot|perplexitybot|ahrefsbot|semrushbot|mj12bot|dotbot|petalbot|bytespider|amazonbot|facebookexternalhit|twitterbot|linkedinbot|slackbot|discordbot|telegrambot|yahoo! slurp|ia_archiver|uptimerobot|pingdom/i;

/** In order: the first that matches decides, as most user agents name several. */
const systems = [
  ["Android", /Android/],
  ["iOS", /iPhone|iPad|iPod/],
  ["Windows", /Windows NT/],
  ["macOS", /Mac OS X/],
  ["ChromeOS", /CrOS/],
  ["Linux", /Linux/],
] as const;

const browsers = [
  ["Edge", /Edg(?:e|A|iOS)?\//],
  ["Opera", /OPR\/|Opera\//],
  ["Samsung Internet", /SamsungBrowser\//],
  ["Firefox", /Firefox\/|FxiOS\//],
  ["Chrome", /Chrome\/|CriOS\//],
  ["Safari", /Version\/[\d.]+ .*Safari\//],
] as const;

/** Classifies a user agent, or the lack of one. */
export function userAgentFacts(userAgent: string | null): UserAgentFacts {
  if (userAgent === null) return { deviceType: null, osName: null, browserName: null, isBot: false };
  const osName = systems.find(([, pattern]) => pattern.test(userAgent))?.[0] ?? null;
  const browserName = browsers.find(([, pattern]) => pattern.test(userAgent))?.[0] ?? null;
  return {
    deviceType: deviceTypeOf(userAgent, osName),
    osName,
    browserName,
    isBot: botTokens.test(userAgent),
  };
}

function deviceTypeOf(userAgent: string, osName: string | null): UserAgentFacts["deviceType"] {
  if (/iPad|Tablet/.test(userAgent)) return "tablet";
  if (/Mobi|iPhone|iPod/.test(userAgent)) return "mobile";
  if (osName === "Android") return "tablet"; // Android phones say "Mobile", tablets do not
  return osName !== null && userAgent.startsWith("Mozilla/") ? "desktop" : null;
}
