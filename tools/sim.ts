/*
 * `npm run sim`: more seeds of the simulation than `npm test` runs, or one of them again.
 * Called by contributors through tools/bootstrap.mjs. It ends at the first seed that fails, with its trace.
 */
import { loadProduction } from "../test/simulation/production.ts";
import { failureReport, simOptionsOf, simUsage } from "../test/simulation/report.ts";
import { simulate } from "../test/simulation/simulate.ts";
import { refreshMutantSeeds } from "./sim-mutants.ts";

/** Seeds between two lines of progress. */
const progressSeeds = 100;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const parsed = simOptionsOf(args);
  if ("problem" in parsed) {
    console.error(`${parsed.problem}\n\n${simUsage}`);
    return 1;
  }
  const { fromSeed, seeds, isOfMutants } = parsed.options;
  if (isOfMutants) {
    const escaped = await refreshMutantSeeds();
    if (escaped.length > 0) console.error(`not noticed: ${escaped.join("; ")}`);
    return escaped.length > 0 ? 1 : 0;
  }
  const production = await loadProduction();
  const sum = { events: 0, parts: 0, steps: 0 };
  for (let i = 0; i < seeds; i++) {
    const outcome = await simulate(fromSeed + i, production);
    if (outcome.violation !== null) {
      console.error(failureReport(outcome));
      return 1;
    }
    sum.events += outcome.events;
    sum.parts += outcome.parts;
    sum.steps += outcome.steps;
    if (seeds === 1) console.log(`digest ${outcome.digest}\n${outcome.trace.join("\n")}`);
    if ((i + 1) % progressSeeds === 0) console.log(`${i + 1} of ${seeds} seeds`);
  }
  console.log(
    `${seeds} seeds from ${fromSeed}: nothing wrong (${sum.events} events, ${sum.parts} parts, ${sum.steps} steps)`,
  );
  return 0;
}
