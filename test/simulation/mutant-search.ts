import { loadProduction, type Patch } from "./production.ts";
import { simulate } from "./simulate.ts";

/** A bug, planted into the production code, that the simulation must notice. */
export interface Mutant {
  readonly name: string;
  /** A seed that caught it when it was planted: the search begins here. `npm run sim -- --mutants` finds them anew. */
  readonly firstSeed: number;
  readonly patches: readonly Patch[];
}

/** Seeds within which a mutant must be caught, from its first one. */
export const seedsMax = 40;

/** The first of some seeds that notices a mutant and nothing else, or `null`. */
export async function seedThatCatches(
  mutant: Pick<Mutant, "patches">,
  fromSeed: number,
  seeds: number,
): Promise<number | null> {
  const production = await loadProduction(mutant.patches);
  const unchanged = await loadProduction();
  for (let seed = fromSeed; seed < fromSeed + seeds; seed++) {
    if ((await simulate(seed, production)).violation === null) continue;
    // A seed that fails without the bug as well has noticed something else.
    if ((await simulate(seed, unchanged)).violation === null) return seed;
  }
  return null;
}
