import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

/*
 * docs/SPEC.md and the tests hold each other: a rule without a test is a wish, and a test that names a rule
 * nobody wrote down tests a secret.
 */
const root = join(import.meta.dirname, "..");

/** Ids of the rules of a specification: lines that begin with `- **W3** `. */
function rulesOf(specification: string): string[] {
  return [...specification.matchAll(/^- \*\*([A-Z]{1,2}\d+)\*\* /gm)].map((match) => match[1] ?? "");
}

/** Ids that a test's name begins with: `test("W3: …")`, `it("W3, W4: …")`. */
function rulesNamedIn(source: string): string[] {
  const names = source.matchAll(
    /\b(?:test|it|describe)(?:\.[\w.]+(?:\((?:[^()]|\([^()]*\))*\))?)?\(\s*["'`]((?:[A-Z]{1,2}\d+(?:, ?)?)+):/g,
  );
  return [...names].flatMap((match) => (match[1] ?? "").split(/, ?/));
}

/** Rules that no test names, and rules that tests name but the specification does not have. */
function compare(specification: string, sources: readonly string[]): { untested: string[]; unwritten: string[] } {
  const written = new Set(rulesOf(specification));
  const named = new Set(sources.flatMap(rulesNamedIn));
  return {
    untested: [...written].filter((rule) => !named.has(rule)),
    unwritten: [...named].filter((rule) => !written.has(rule)),
  };
}

test("every rule of docs/SPEC.md has a test that carries its id, and every id in a test is a rule", () => {
  const specification = readFileSync(join(root, "docs/SPEC.md"), "utf8");
  const files = globSync("{*/src,test,tools}/**/*.test.ts", { cwd: root });
  const sources = files.map((file) => readFileSync(join(root, file), "utf8"));
  const ids = rulesOf(specification);
  expect(ids.length).toBeGreaterThan(50);
  expect(new Set(ids).size, "an id is given twice").toBe(ids.length);
  expect(compare(specification, sources)).toEqual({ untested: [], unwritten: [] });
});

test("a planted rule without a test, and a planted test without a rule, are both found", () => {
  const specification = "- **W1** One.\n- **W2** Two.\n";
  const source = ['test("W1: one", () => {});', 'test.each([1])("W9, W1: nine", () => {});'].join("\n");
  expect(compare(specification, [source])).toEqual({ untested: ["W2"], unwritten: ["W9"] });
});
