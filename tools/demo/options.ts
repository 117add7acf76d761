import { fail, ok, type Result } from "@sluice/schema";
import { readArguments } from "../arguments.ts";
import { dayMs, dayName, type DemoPlan } from "./event.ts";

/** What the command line asks for. */
export interface DemoOptions {
  readonly plan: DemoPlan;
  /** State folder, or `null` for the usual one. */
  readonly stateFolder: string | null;
}

/** Shown for `--help` and after a mistake. */
export const demoUsage = `npm run demo [-- options]
  --seed N             another month of traffic (default 1)
  --anchor YYYY-MM-DD  the 30 days before this one, UTC (default today)
  --users N            people who visit (default 2000, at most 100000)
  --state DIR          state folder of the running pipeline (default .sluice)`;

const usersMax = 100_000;

/** Reads the command line; `nowMs` gives the default anchor. The failure is a sentence, "" for `--help`. */
export function demoOptionsOf(args: readonly string[], nowMs: number): Result<DemoOptions, string> {
  const text = { type: "string" } as const;
  const options = { seed: text, anchor: text, users: text, state: text, help: { type: "boolean" } } as const;
  const parsed = readArguments(args, options);
  if (!parsed.ok) return parsed;
  const { seed, anchor, users, state, help } = parsed.value.values;
  const [extra] = parsed.value.positionals;
  if (extra !== undefined) return fail(`"${extra}" is no option.`);
  if (help === true) return fail("");
  const todayMs = Math.floor(nowMs / dayMs) * dayMs;
  const anchorMs = anchor === undefined ? todayMs : anchorOf(anchor);
  if (anchorMs === null) return fail("--anchor must be a day, as in 2026-11-20.");
  if (anchorMs > todayMs)
    return fail(`--anchor must not be after ${dayName(todayMs)}: events cannot lie in the future.`);
  const seedNumber = wholeNumber(seed ?? "1", 0, Number.MAX_SAFE_INTEGER);
  if (seedNumber === null) return fail("--seed must be a whole number.");
  const userCount = wholeNumber(users ?? "2000", 1, usersMax);
  if (userCount === null) return fail(`--users must be a whole number from 1 to ${usersMax}.`);
  return ok({ plan: { seed: seedNumber, anchorMs, users: userCount }, stateFolder: state ?? null });
}

/** Earliest anchor: nothing of the demo may look like a clock that was never set. */
const anchorMsMin = Date.UTC(2000, 0, 1);

function anchorOf(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) || ms < anchorMsMin || dayName(ms) !== text ? null : ms;
}

function wholeNumber(text: string, least: number, most: number): number | null {
  const value = Number(text);
  return /^\d{1,16}$/.test(text) && value >= least && value <= most ? value : null;
}
