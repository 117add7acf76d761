import { describe, expect, test } from "vitest";
import { importsOf, packageRules, type SourceFile, sourceFiles, violationsOf } from "./import-rules.ts";

const files = sourceFiles();

/** A file that is not there, to see that the rule would catch it. */
function planted(workspace: string, path: string, text: string, dependencies: readonly string[] = []): SourceFile {
  return { workspace, path, text, dependencies };
}

describe("direction of imports", () => {
  test("O10: every package imports only what the direction of the packages allows", () => {
    expect(files.flatMap(violationsOf)).toEqual([]);
  });

  test("O10: every package was looked at, and imports were found in it", () => {
    for (const workspace of packageRules.keys()) {
      const own = files.filter((file) => file.workspace === workspace);
      expect(own.length, workspace).toBeGreaterThan(0);
      expect(own.flatMap((file) => importsOf(file.text)).length, workspace).toBeGreaterThan(0);
    }
  });

  test.each([
    ["schema", 'import { x } from "@sluice/core";', "wrong direction"],
    ["schema", 'import { z } from "zod";', "not in its dependencies"],
    ["schema", 'import { readFileSync } from "node:fs";', "no Node"],
    ["lake", 'export * from "@sluice/web";', "wrong direction"],
    ["sdk-core", 'const x = await import("@sluice/node");', "wrong direction"],
    ["sdk-web", 'import type { Row } from "@sluice/lake";', "wrong direction"],
    ["worker", 'import { rowOf } from "@sluice/lake";', "wrong direction"],
    ["worker", 'import { append } from "../../queue-consumer/src/index.ts";', "may not leave the package"],
    ["queue-consumer", 'export { kpis } from "@sluice/analytics";', "wrong direction"],
    ["analytics", 'import {\n  type A,\n  b,\n} from "@sluice/queue-consumer";', "wrong direction"],
    ["analytics", 'import "@sluice/worker";', "wrong direction"],
  ])("O10: a planted violation in %s is caught: %s", (workspace, text, why) => {
    const found = violationsOf(planted(workspace, "planted.ts", text));
    expect(found.length).toBe(1);
    expect(found[0]).toContain(why);
  });

  test("O10: what only looks like an import is none", () => {
    const text = '// import { x } from "@sluice/core";\n/* import "@sluice/web" */\nconst names = ["import", "batch"];';
    expect(violationsOf(planted("schema", "planted.ts", text))).toEqual([]);
  });
});

describe("platform in the shell only", () => {
  test.each([
    ["const now = Date.now();", "Date.now()"],
    ["const now = new Date();", "new Date()"],
    ["const chance = Math.random();", "Math.random()"],
    ["const id = crypto.randomUUID();", "crypto"],
    ["const reply = await fetch(url);", "fetch()"],
    ["setTimeout(done, 100);", "a timer"],
  ])("O11: a plan that says %s is caught", (text, use) => {
    const found = violationsOf(planted("analytics", "plan.ts", text));
    expect(found.length).toBe(1);
    expect(found[0]).toContain(use);
    expect(violationsOf(planted("analytics", "shell/do.ts", text))).toEqual([]);
  });

  test("O11: a plan may not import the platform's modules, the shell may", () => {
    const text = 'import { Hono } from "hono";\nimport { env } from "cloudflare:workers";';
    expect(violationsOf(planted("worker", "plan.ts", text, ["hono"])).length).toBe(2);
    expect(violationsOf(planted("worker", "shell/app.ts", text, ["hono"]))).toEqual([]);
  });

  test("O11: dates that are computed, injected functions and words in comments are no platform", () => {
    const text =
      'const day = new Date(ms).toISOString();\nport.fetch(x); // fetch() and Date.now() are the shell\'s\n"fetch(x)";\nconst page = `https://x.example`; const script = `fetch(x)`;';
    expect(violationsOf(planted("analytics", "plan.ts", text))).toEqual([]);
  });
});
