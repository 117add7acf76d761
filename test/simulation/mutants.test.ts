import { expect, test } from "vitest";
import seeds from "./mutant-seeds.json" with { type: "json" };
import { seedThatCatches } from "./mutant-search.ts";
import { mutants } from "./mutants.ts";
import { loadProduction } from "./production.ts";

/** Seeds from the one that caught a mutant last within which it must be caught. */
const seedsMax = 40;

const seedOf = new Map<string, number>(Object.entries(seeds));

test.each(mutants)("X6: the simulation notices that $name", { timeout: 300_000 }, async (mutant) => {
  const seed = await seedThatCatches(mutant, seedOf.get(mutant.name) ?? 1, seedsMax);
  expect(seed, "`npm run sim -- --mutants` looks for another seed").not.toBeNull();
});

test("X13: the search finds the first seed that notices a planted bug, and none where there is none", async () => {
  const [early] = mutants.filter(({ name }) => name === "events are filed under the hour of their receipt");
  expect(await seedThatCatches(early ?? { patches: [] }, 1, 3)).toBe(1);
  expect(await seedThatCatches({ patches: [] }, 1, 2)).toBeNull();
}, 60_000);

test("X7: a planted bug that no longer fits the source is no bug that was caught", async () => {
  const patch = { file: "worker/src/shell/ingest.ts", find: "no such text", replace: "" };
  await expect(loadProduction([patch])).rejects.toThrow("stands 0 times");
  const elsewhere = { file: "worker/src/no-such-file.ts", find: "x", replace: "" };
  await expect(loadProduction([elsewhere])).rejects.toThrow("is not part of worker");
  await expect(loadProduction([{ ...patch, file: "schema/src/index.ts" }])).rejects.toThrow("is part of no bundle");
});
