import { expect, test } from "vitest";
import { mutants } from "./mutants.ts";
import { loadProduction } from "./production.ts";
import { seedsMax, seedThatCatches } from "./mutant-search.ts";

test.each(mutants)("X6: the simulation notices that $name", { timeout: 300_000 }, async (mutant) => {
  expect(await seedThatCatches(mutant, mutant.firstSeed, seedsMax)).not.toBeNull();
});

test("X7: a planted bug that no longer fits the source is no bug that was caught", async () => {
  const patch = { file: "worker/src/shell/ingest.ts", find: "no such text", replace: "" };
  await expect(loadProduction([patch])).rejects.toThrow("stands 0 times");
  const elsewhere = { file: "worker/src/no-such-file.ts", find: "x", replace: "" };
  await expect(loadProduction([elsewhere])).rejects.toThrow("is not part of worker");
  await expect(loadProduction([{ ...patch, file: "schema/src/index.ts" }])).rejects.toThrow("is part of no bundle");
});
