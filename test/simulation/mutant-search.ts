import { loadProduction, type Patch } from "./production.ts";
import { simulate } from "./simulate.ts";

/** A bug, planted into the production code, that the simulation must notice. */
export interface Mutant {
  readonly name: string;
  readonly patches: readonly Patch[];
}

/** The first of some seeds that notices a mutant, and nothing without it; `null` when none does. */
export async function seedThatCatches(
  { patches }: Pick<Mutant, "patches">,
  fromSeed: number,
  seeds: number,
): Promise<number | null> {
  const production = await loadProduction(patches);
  const unchanged = await loadProduction();
  for (let seed = fromSeed; seed < fromSeed + seeds; seed++) {
    if ((await simulate(seed, production)).violation === null) continue;
    // A seed that fails without the bug as well has noticed something else.
    if ((await simulate(seed, unchanged)).violation === null) return seed;
  }
  return null;
}
