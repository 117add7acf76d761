import { fail, hourMs, ok, parseTime, type Result } from "@sluice/schema";
import { dayMs, parseDay } from "./day.ts";
import { invalid, type Problem } from "./problem.ts";

/** Whole hours from `fromMs` (inclusive) to `toMs` (exclusive). */
export interface HourRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Reads `from` and `to`: days, or times at a full hour, UTC. */
export function hourRange(from: string | null, to: string | null, daysMax: number): Result<HourRange, Problem> {
  const fromMs = wholeHour(from);
  if (fromMs === null) return fail(invalid("from", `from must be ${form} (inclusive).`));
  const toMs = wholeHour(to);
  if (toMs === null) return fail(invalid("to", `to must be ${form} (exclusive).`));
  if (toMs <= fromMs) return fail(invalid("to", "to must be later than from: it is exclusive."));
  if (toMs - fromMs > daysMax * dayMs) return fail(invalid("to", `from and to may span at most ${daysMax} days.`));
  return ok({ fromMs, toMs });
}

const form = "a day YYYY-MM-DD or a full hour YYYY-MM-DDTHH:00Z, UTC";

function wholeHour(text: string | null): number | null {
  if (text === null || text.length > 40) return null;
  const ms = /^\d{4}-\d{2}-\d{2}T/.test(text) ? parseTime(text) : parseDay(text);
  return ms !== null && ms >= 0 && ms % hourMs === 0 ? ms : null;
}

/** Refuses query parameters that are unknown or given twice. */
export function onlyKnown(search: URLSearchParams, known: readonly string[]): Result<null, Problem> {
  for (const name of new Set(search.keys())) {
    if (!known.includes(name)) {
      return fail(invalid(name.slice(0, 40), `Unknown parameter. Known are ${known.join(", ")}.`));
    }
    if (search.getAll(name).length > 1) return fail(invalid(name, `${name} may be given once only.`));
  }
  return ok(null);
}
