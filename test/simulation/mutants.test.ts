import { expect, test } from "vitest";
import { mutants } from "./mutants.ts";
import { loadProduction } from "./production.ts";
import { simulate } from "./simulate.ts";

/** Seeds from its first one within which a mutant must be caught. */
const seedsMax = 40;

const unchanged = loadProduction();

test.each(mutants)("X6: the simulation notices that $name", { timeout: 300_000 }, async ({ patches, firstSeed }) => {
  const production = await loadProduction(patches);
  let caughtBy: number | null = null;
  for (let i = 0; i < seedsMax && caughtBy === null; i++) {
    const seed = firstSeed + i;
    if ((await simulate(seed, production)).violation !== null) caughtBy = seed;
  }
  expect(caughtBy).not.toBeNull();
  // A seed that fails without the bug as well has noticed something else.
  expect((await simulate(caughtBy ?? 1, await unchanged)).violation).toBeNull();
});

test("X7: a planted bug that no longer fits the source is no bug that was caught", async () => {
  const patch = { file: "worker/src/shell/ingest.ts", find: "no such text", replace: "" };
  await expect(loadProduction([patch])).rejects.toThrow("stands 0 times");
  const elsewhere = { file: "worker/src/no-such-file.ts", find: "x", replace: "" };
  await expect(loadProduction([elsewhere])).rejects.toThrow("is not part of worker");
});
