/*
 * `npm test`: all tests, with what they need found first.
 * Called by contributors and by CI through tools/bootstrap.mjs, which has installed and built everything.
 * It never passes when nothing was tested, and never hides that browser tests were left out.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runTool } from "./child.ts";
import { findChromium } from "./test/chromium.ts";
import { summaryOf } from "./test/summary.ts";

const secondTry = fileURLToPath(new URL("test/second-try.ts", import.meta.url));
const line = "*".repeat(100);

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const chromium = findChromium();
  const isRequired = (process.env["SLUICE_REQUIRE_BROWSER"] ?? "") !== "";
  if (chromium === null && isRequired) {
    console.error("SLUICE_REQUIRE_BROWSER is set, but no Chromium was found. Install one or set CHROMIUM_PATH.");
    return 1;
  }
  if (chromium === null) warnOfSkipping();
  const folder = mkdtempSync(join(tmpdir(), "sluice-report-"));
  try {
    const report = join(folder, "report.json");
    // One line a file where a person watches, dots in CI; what passing tests print is nobody's concern.
    const shown = process.stdout.isTTY ? "default" : "dot";
    const shows = [`--reporter=${shown}`, `--reporter=${secondTry}`, "--silent=passed-only"];
    const reporters = [...shows, "--reporter=json", `--outputFile.json=${report}`];
    const result = await runTool("vitest", ["run", ...reporters, ...args], {
      stdio: "inherit",
      env: {
        ...process.env,
        ...(!process.stdout.isTTY && { NO_COLOR: "1" }),
        ...(chromium !== null && { CHROMIUM_PATH: chromium }),
      },
    });
    const summary = summaryOf(report);
    if (chromium === null) warnOfSkipping();
    console.log(summary.line);
    return result.code === 0 && !summary.isPassed ? 1 : result.code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function warnOfSkipping(): void {
  console.warn(
    `${line}\n* NO CHROMIUM WAS FOUND: the browser tests are skipped. Install Chromium or Chrome, or set CHROMIUM_PATH.\n${line}`,
  );
}
