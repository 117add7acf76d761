import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type LockFile, lockFileGaps } from "../tools/check/lockfile.ts";
import { projectRoot } from "../tools/project-root.ts";

const integrity = "sha512-x";

function lockOf(packages: LockFile["packages"]): LockFile {
  return { packages };
}

const whole = lockOf({
  "": {},
  "node_modules/tool": { version: "1.0.0", optionalDependencies: { "@tool/linux": "1.0.0", "@tool/win": "1.0.0" } },
  "node_modules/@tool/linux": { version: "1.0.0", integrity },
  "node_modules/tool/node_modules/@tool/win": { version: "1.0.0", integrity },
});

test("O20: a lock file that holds every platform's binaries, hoisted or nested, has no gap", () => {
  expect(lockFileGaps(whole)).toEqual([]);
});

test("O20: a planted gap is found: a platform left out, another version, an entry without checksum", () => {
  const { "node_modules/@tool/linux": linux, ...rest } = whole.packages;
  expect(linux).toBeDefined();
  expect(lockFileGaps(lockOf(rest))).toEqual([
    "node_modules/tool needs @tool/linux@1.0.0, which the lock file does not hold",
  ]);
  const older = lockOf({ ...whole.packages, "node_modules/@tool/linux": { version: "0.9.0", integrity } });
  expect(lockFileGaps(older)).toEqual(["node_modules/tool needs @tool/linux@1.0.0, but the lock file holds 0.9.0"]);
  const bare = lockOf({ ...whole.packages, "node_modules/@tool/linux": { version: "1.0.0" } });
  expect(lockFileGaps(bare)).toHaveLength(1);
});

test("O20: a binary nested in another package does not count for this one", () => {
  const elsewhere = lockOf({
    "node_modules/tool": { version: "1.0.0", optionalDependencies: { "@tool/linux": "1.0.0" } },
    "node_modules/other/node_modules/@tool/linux": { version: "1.0.0", integrity },
  });
  expect(lockFileGaps(elsewhere)).toHaveLength(1);
});

test("O20: the project's own lock file has optional packages, and no gap", () => {
  const lock = JSON.parse(readFileSync(join(projectRoot, "package-lock.json"), "utf8")) as LockFile;
  const edges = Object.values(lock.packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
  expect(edges.length).toBeGreaterThan(100);
  expect(lockFileGaps(lock)).toEqual([]);
});
