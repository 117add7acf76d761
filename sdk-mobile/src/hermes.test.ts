import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { build } from "esbuild";

/** Folder of the engine's programs in its npm package, by platform; there are none for others. */
const folders: ReadonlyMap<string, string> = new Map([
  ["linux-x64", "linux64-bin"],
  ["darwin-x64", "osx-bin"],
  ["darwin-arm64", "osx-bin"],
  ["win32-x64", "win64-bin"],
]);

function hermesFolder(): string | null {
  const folder = folders.get(`${process.platform}-${process.arch}`);
  if (folder === undefined) return null;
  const manifest = createRequire(import.meta.url).resolve("hermes-engine-cli/package.json");
  const path = join(dirname(manifest), folder);
  return existsSync(path) ? path : null;
}

const folder = hermesFolder();
if (folder === null) console.warn(`SKIPPED: no Hermes engine for ${process.platform}-${process.arch}`);

interface Outcome {
  readonly outcomes: readonly string[];
  readonly left: number;
  /** Bodies of the requests: gzip in hexadecimal; short ones as they are. */
  readonly sent: readonly string[];
}

/*
 * Hermes 0.12 (2022) is the newest engine on npm; React Native brings newer ones, which know more. esbuild lowers the bundle to
 * ES2016, so that async functions become generators and object spread a helper, as under Metro's preset. That preset lowers
 * classes and blocks too, esbuild does not: hence the SDK has no class, which this engine cannot compile, and no function made
 * in a loop outlives its turn, because this engine gives all turns one binding.
 */
describe.skipIf(folder === null)("on Hermes", () => {
  const work = mkdtempSync(join(tmpdir(), "sluice-hermes-"));
  const bundle = join(work, "app.js");
  const bytecode = join(work, "app.hbc");
  const run = (program: string, ...options: string[]): string =>
    execFileSync(join(folder ?? "", program), options, {
      encoding: "utf8",
      timeout: 60_000,
      stdio: ["ignore", "pipe", "pipe"],
    });

  beforeAll(async () => {
    await build({
      entryPoints: [join(import.meta.dirname, "../testing/hermes-scenario.ts")],
      outfile: bundle,
      bundle: true,
      format: "iife",
      platform: "neutral",
      mainFields: ["module", "main"],
      conditions: ["react-native"],
      target: "es2016",
      logLevel: "error",
    });
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  test("SM31: the bundle compiles to bytecode, runs, and loses nothing of a first launch without network", () => {
    run("hermesc", "-O", "-emit-binary", "-out", bytecode, bundle);
    const { outcomes, sent, left } = JSON.parse(
      run("hermes", "-Xmicrotask-queue", "-Xes6-promise", bytecode),
    ) as Outcome;
    const events = sent.flatMap((hex) => {
      const body = hex.startsWith("1f8b") ? gunzipSync(Buffer.from(hex, "hex")).toString("utf8") : hex;
      return (JSON.parse(body) as { batch: Record<string, unknown>[] }).batch;
    });
    expect(new Set(outcomes)).toEqual(new Set(["stored"]));
    expect(events.map((event) => event["event"] ?? event["name"] ?? event["type"])).toEqual([
      "Application Installed",
      "Application Opened",
      "identify",
      "Ünï 😀",
      ...Array.from({ length: 30 }, () => "Burst"),
      "Application Opened",
      "Cart",
    ]);
    expect(new Set(events.map((event) => event["messageId"])).size).toBe(events.length);
    expect(new Set(events.map((event) => event["anonymousId"])).size).toBe(1);
    expect(sent.at(-1)).toMatch(/^1f8b/);
    expect(left).toBe(3); // identity, clock, release
  });
});
