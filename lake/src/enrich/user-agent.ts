import Bowser from "bowser";
import { memoized, type MemoLimits } from "../memo.ts";

/** Kinds of devices. */
export type DeviceClass = "desktop" | "mobile" | "tablet" | "tv";

/** What a user agent says of a browser and what it runs on. */
export interface UserAgentFacts {
  readonly browserName: string | null;
  readonly browserVersion: string | null;
  readonly osName: string | null;
  readonly osVersion: string | null;
  readonly deviceClass: DeviceClass | null;
}

/**
 * Bounds of what is remembered of user agents: about as many as a day of a mid-sized site brings, at most 4 MB. Taking one
 * apart costs more than the rest of a row, and all events of a batch share one. Real ones have 80 to 300 characters; a
 * longer one is cut, since the patterns need time that grows with the text.
 */
export const userAgentMemo: MemoLimits = { kept: 2000, lengthMax: 512 };

/** What a user agent says. Names are those of the library (bowser), from closed lists; what it does not know is null. */
export const userAgentFacts: (userAgent: string) => UserAgentFacts = memoized(parse, userAgentMemo);

/**
 * Whether a user agent is a browser's, all of which have begun so for decades. Others are those of HTTP libraries and
 * apps (`okhttp/4.12.0`, `Shop/2.1 CFNetwork/1490 Darwin/23`), which say nothing reliable of the device.
 */
export function isBrowserAgent(userAgent: string): boolean {
  return userAgent.startsWith("Mozilla/") || userAgent.startsWith("Opera/");
}

const unknown: UserAgentFacts = {
  browserName: null,
  browserVersion: null,
  osName: null,
  osVersion: null,
  deviceClass: null,
};
const browserNames: ReadonlySet<string> = new Set(Object.values(Bowser.BROWSER_MAP));
const osNames: ReadonlySet<string> = new Set(Object.values(Bowser.OS_MAP));
const deviceClasses: ReadonlySet<string> = new Set(["desktop", "mobile", "tablet", "tv"]);

function parse(userAgent: string): UserAgentFacts {
  if (!isBrowserAgent(userAgent)) return unknown;
  const { browser, os, platform } = Bowser.parse(userAgent);
  // For a browser it does not know, the library takes a name from the text itself, which may be anything.
  const hasBrowser = browser.name !== undefined && browserNames.has(browser.name);
  const hasOs = os.name !== undefined && osNames.has(os.name);
  return {
    browserName: hasBrowser ? (browser.name ?? null) : null,
    browserVersion: hasBrowser ? (browser.version ?? null) : null,
    osName: hasOs ? (os.name ?? null) : null,
    osVersion: hasOs ? (os.version ?? null) : null,
    deviceClass: deviceClassOf(platform.type, os.name),
  };
}

function deviceClassOf(platform: string | undefined, osName: string | undefined): DeviceClass | null {
  if (platform !== undefined && deviceClasses.has(platform)) return platform as DeviceClass;
  return osName === "Chrome OS" ? "desktop" : null; // which the library leaves open
}
