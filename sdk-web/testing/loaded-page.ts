import { readFileSync } from "node:fs";
import { FakePage } from "./fake-page.ts";

/** The built browser script. */
export const script = readFileSync(new URL("../dist/sluice.min.js", import.meta.url), "utf8");

/** Storage that several pages share. */
export const storageOf = (): Map<string, string> => new Map();

/** A page with the script and a client; what becomes of its events is listed in the page's `told`. */
export function load(options: object, page = new FakePage()): FakePage {
  page.run(script);
  page.run(`sluice.load(${JSON.stringify({ host: "https://in.example.com", writeKey: "a.b", ...options })})`);
  page.run(`told = []; sluice.use({ after: (notice) => { told.push(notice.outcome + " " + notice.reason) } })`);
  return page;
}

/** The events that a page has sent, after a flush. */
export async function events(page: FakePage): Promise<Record<string, unknown>[]> {
  await page.window.sluice?.["flush"]?.(500);
  return page.events();
}
