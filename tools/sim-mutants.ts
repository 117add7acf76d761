/*
 * `npm run sim -- --mutants`: finds for each planted bug a seed that notices it, and writes them down for the tests, which
 * begin there. To be run when the production code has changed so much that other seeds do.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import before from "../test/simulation/mutant-seeds.json" with { type: "json" };
import { type Mutant, seedThatCatches } from "../test/simulation/mutant-search.ts";
import { mutants } from "../test/simulation/mutants.ts";
import { projectRoot } from "./project-root.ts";

const seedsFile = join(projectRoot, "test/simulation/mutant-seeds.json");
/** How far a mutant's seed is looked for, from the first seed on. */
const seedsMax = 600;
/** How many seeds are tried, from the one that caught it last, before it is looked for from the first on. */
const nearSeedsMax = 40;

/** Looks for the seeds, prints and writes them. Returns the mutants that none of the seeds notices. */
export async function refreshMutantSeeds(): Promise<readonly string[]> {
  const known = new Map<string, number>(Object.entries(before));
  const seeds: Record<string, number> = {};
  const escaped: string[] = [];
  for (const mutant of mutants) {
    const seed = await seedOf(mutant, known.get(mutant.name) ?? null);
    if (seed === null) escaped.push(mutant.name);
    else seeds[mutant.name] = seed;
    console.log(`${String(seed ?? "none").padStart(4)}  ${mutant.name}`);
    await writeFile(seedsFile, `${JSON.stringify({ ...before, ...seeds }, null, 2)}\n`);
  }
  await writeFile(seedsFile, `${JSON.stringify(seeds, null, 2)}\n`);
  return escaped;
}

async function seedOf(mutant: Mutant, lastSeed: number | null): Promise<number | null> {
  const near = lastSeed === null ? null : await seedThatCatches(mutant, lastSeed, nearSeedsMax);
  return near ?? seedThatCatches(mutant, 1, seedsMax);
}
