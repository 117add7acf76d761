import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, chromium } from "playwright-core";

/** Chromium of this machine, or `null`. CHROMIUM_PATH says where it is, else the usual place is tried. */
function chromiumPath(): string | null {
  const path = process.env["CHROMIUM_PATH"] || "/usr/bin/chromium";
  return existsSync(path) ? path : null;
}

/**
 * Whether browser tests are skipped. They are where there is no Chromium, loudly; unless
 * SLUICE_REQUIRE_BROWSER is set: then they run, and fail.
 */
export function skipsBrowser(): boolean {
  if (chromiumPath() !== null || process.env["SLUICE_REQUIRE_BROWSER"]) return false;
  console.warn("\n*** SKIPPED: no Chromium found. Browser tests did not run. Set CHROMIUM_PATH to run them. ***\n");
  return true;
}

/** Starts Chromium without a window, and without the requests it makes for itself. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: requiredPath(), args: [...chromiumArguments] });
}

/** Starts Chromium on a profile and a page, as a process group of its own; returns what ends it all at once, as a crash does. */
export function startKillableChromium(profile: string, url: string): () => void {
  const args = [...chromiumArguments, "--headless", `--user-data-dir=${profile}`, url];
  const { pid } = spawn(requiredPath(), args, { detached: true, stdio: "ignore" });
  if (pid === undefined) throw new Error("Chromium did not start");
  return () => {
    process.kill(-pid, "SIGKILL");
  };
}

const chromiumArguments: readonly string[] = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync"],
  // A person's browser, not "HeadlessChrome": bots are no active users.
  "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
];

function requiredPath(): string {
  const path = chromiumPath();
  if (path === null) throw new Error("SLUICE_REQUIRE_BROWSER is set, but there is no Chromium: set CHROMIUM_PATH");
  return path;
}

/** A page on an origin of its own. */
export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the same HTML at every path but those of `scripts`. */
export async function servePage(html: string, scripts: ReadonlyMap<string, string> = new Map()): Promise<PageServer> {
  const server = createServer((request, response) => {
    const script = scripts.get(request.url ?? "");
    const type = script === undefined ? "text/html" : "text/javascript";
    response.writeHead(200, { "content-type": `${type}; charset=utf-8` }).end(script ?? html);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
