import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

/** What the search reads of the process it runs in. */
export interface SearchPlace {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly exists: (path: string) => boolean;
  /** Where playwright keeps the Chromium that `npx playwright install` fetches. */
  readonly playwrightPath: string;
}

/** Programs by the names that distributions give them, in order of preference. */
const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"];

const macApplications = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
];

const windowsPrograms = [
  "Google\\Chrome\\Application\\chrome.exe",
  "Chromium\\Application\\chrome.exe",
  "Microsoft\\Edge\\Application\\msedge.exe",
];

/** The Chromium to test with, or `null`. CHROMIUM_PATH decides alone where it is set. */
export function findChromium(place: SearchPlace = thisMachine()): string | null {
  const chosen = place.environment["CHROMIUM_PATH"];
  if (chosen !== undefined && chosen !== "") return place.exists(chosen) ? chosen : null;
  return candidates(place).find((path) => place.exists(path)) ?? null;
}

function candidates(place: SearchPlace): readonly string[] {
  const { environment, platform, playwrightPath } = place;
  if (platform === "darwin") return [...macApplications, playwrightPath];
  if (platform === "win32") {
    const roots = ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"].flatMap((name) => environment[name] ?? []);
    return [...roots.flatMap((root) => windowsPrograms.map((path) => `${root}\\${path}`)), playwrightPath];
  }
  const folders = ["/usr/bin", ...(environment["PATH"] ?? "").split(delimiter), "/snap/bin"].filter(Boolean);
  return [...names.flatMap((name) => folders.map((folder) => join(folder, name))), playwrightPath];
}

function thisMachine(): SearchPlace {
  return {
    environment: process.env,
    platform: process.platform,
    exists: existsSync,
    playwrightPath: chromium.executablePath(),
  };
}
