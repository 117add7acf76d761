import type { Outcome } from "./simulate.ts";

/** A failed simulation as text: what is wrong, what happened last, and how to see it again. */
export function failureReport(outcome: Outcome): string {
  return [
    `seed ${outcome.seed}: ${outcome.violation ?? "nothing is wrong"}`,
    ...outcome.trace.map((line) => `  ${line}`),
    `replay it with: npm run sim -- --seed ${outcome.seed}`,
  ].join("\n");
}

/** What the command line asks for. */
export interface SimOptions {
  readonly fromSeed: number;
  readonly seeds: number;
  /** Whether seeds are looked for that notice the planted bugs. */
  readonly isOfMutants: boolean;
}

export const simUsage = `npm run sim -- [--seeds N] [--seed S] | --mutants

Simulates the whole pipeline with faults, in virtual time: N seeds from S on (default: 1000 from 1001; with --seed alone one).
--mutants looks for the seeds that notice each planted bug, and writes them to test/simulation/mutant-seeds.json.`;

const seedMax = 2 ** 32 - 1;

/** Reads the command line; the message says what is wrong with it. */
export function simOptionsOf(args: readonly string[]): { readonly options: SimOptions } | { readonly problem: string } {
  if (args.length === 1 && args[0] === "--mutants") return { options: { fromSeed: 1, seeds: 0, isOfMutants: true } };
  const given = new Map<string, number>();
  for (let i = 0; i < args.length; i += 2) {
    const name = args[i] ?? "";
    const value = args[i + 1] ?? "";
    if (name !== "--seeds" && name !== "--seed") return { problem: `unknown argument ${name}` };
    if (!/^\d{1,10}$/.test(value) || Number(value) > seedMax || Number(value) < 1) {
      return { problem: `${name} must be a whole number from 1 to ${seedMax}` };
    }
    given.set(name, Number(value));
  }
  const seed = given.get("--seed");
  const seeds = given.get("--seeds") ?? (seed === undefined ? 1000 : 1);
  return { options: { fromSeed: seed ?? 1001, seeds, isOfMutants: false } };
}
