import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type LockFile, lockFileGaps } from "../tools/check/lockfile.ts";
import { projectRoot } from "../tools/project-root.ts";
import { installOwnProject } from "./own-project.ts";
import rootManifest from "../sdk-mobile/package.json" with { type: "json" };

/*
 * The example is a project of its own, so that this one installs in seconds. Its packages are installed here when they are not.
 */
const folder = join(projectRoot, "examples/expo");

beforeAll(() => installOwnProject(folder), 600_000);

function run(...command: string[]): void {
  const env = { ...process.env, CI: "1", EXPO_OFFLINE: "1", EXPO_NO_TELEMETRY: "1", NODE_ENV: "production" };
  execFileSync(process.execPath, command, { cwd: folder, env, stdio: "pipe", timeout: 300_000 });
}

test("SM34: the lock file of the example holds every platform's binaries", () => {
  const lock = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8")) as LockFile;
  expect(Object.keys(lock.packages).length).toBeGreaterThan(100);
  expect(lockFileGaps(lock)).toEqual([]);
});

test("SM34: the SDK has no native code and needs no package besides Sluice's and fflate", () => {
  expect(Object.keys(rootManifest.dependencies)).toEqual(["@sluice/core", "@sluice/schema", "fflate"]);
  expect(rootManifest).not.toHaveProperty("peerDependencies");
  expect(readdirSync(join(projectRoot, "sdk-mobile")).filter((name) => /^(ios|android)$/.test(name))).toEqual([]);
});

describe("the Expo example", () => {
  test("SM34: its types hold with those of AsyncStorage, NetInfo, Expo and React Native", { timeout: 120_000 }, () => {
    expect(() => run("node_modules/typescript/bin/tsc", "--noEmit")).not.toThrow();
  });

  test("SM34: Metro bundles it for both platforms, as Hermes bytecode with the SDK in it", { timeout: 320_000 }, () => {
    rmSync(join(folder, "dist"), { recursive: true, force: true });
    run("node_modules/expo/bin/cli", "export", "--platform", "ios", "--platform", "android", "--output-dir", "dist");
    for (const platform of ["ios", "android"]) {
      const bundles = join(folder, "dist/_expo/static/js", platform);
      const [name = ""] = readdirSync(bundles).filter((file) => file.endsWith(".hbc"));
      expect(readFileSync(join(bundles, name)).includes("@sluice/react-native")).toBe(true);
    }
  });
});
