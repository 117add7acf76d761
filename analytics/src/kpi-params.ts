import { fail, ok, type Result } from "@sluice/schema";
import { dayMs, dayText, parseDay } from "./day.ts";
import { isMetricName, metricNames, type MetricName } from "./metrics.ts";
import { invalid, type Problem } from "./problem.ts";

/** Days that one question may span. */
const queryDaysMax = 400;

/** A question that can be answered. */
export interface KpiQuestion {
  /** In the order asked, without repetition; at least one. */
  readonly metrics: readonly MetricName[];
  /** First day, ms. */
  readonly fromMs: number;
  /** The day after the last, ms. */
  readonly toMs: number;
  /** A project named by the asker; must be the token's. */
  readonly project: string | null;
}

const known: readonly string[] = ["metrics", "from", "to", "interval", "timezone", "project"];

/** Reads the query string of `GET /v1/kpis`; every refusal names the parameter and what it may be. */
export function kpiQuestion(search: URLSearchParams): Result<KpiQuestion, Problem> {
  for (const name of new Set(search.keys())) {
    if (!known.includes(name)) {
      return fail(invalid(name.slice(0, 40), `Unknown parameter. Known are ${known.join(", ")}.`));
    }
    if (search.getAll(name).length > 1) return fail(invalid(name, `${name} may be given once only.`));
  }
  const interval = search.get("interval") ?? "day";
  if (interval !== "day") return fail(invalid("interval", "interval must be day: weeks and months are not built yet."));
  const timezone = search.get("timezone") ?? "UTC";
  if (timezone !== "UTC") return fail(invalid("timezone", "timezone must be UTC: other zones are not built yet."));
  const metrics = metricsOf(search.get("metrics"));
  if (!metrics.ok) return metrics;
  const range = rangeOf(search);
  if (!range.ok) return range;
  return ok({ metrics: metrics.value, ...range.value, project: search.get("project") });
}

function metricsOf(text: string | null): Result<readonly MetricName[], Problem> {
  const names = (text ?? "").split(",").map((name) => name.trim());
  const refused = names.find((name) => !isMetricName(name));
  if (text === null || refused !== undefined || names.length > metricNames.length) {
    const detail = `metrics must be a comma-separated list of distinct names out of ${metricNames.join(", ")}.`;
    return fail(invalid("metrics", detail));
  }
  return ok([...new Set(names.filter(isMetricName))]);
}

function rangeOf(search: URLSearchParams): Result<{ fromMs: number; toMs: number }, Problem> {
  const fromMs = parseDay(search.get("from") ?? "");
  if (fromMs === null) return fail(invalid("from", "from must be a day YYYY-MM-DD (UTC, inclusive)."));
  const toMs = parseDay(search.get("to") ?? "");
  if (toMs === null) return fail(invalid("to", "to must be a day YYYY-MM-DD (UTC, exclusive)."));
  if (toMs <= fromMs) return fail(invalid("to", `to must be later than from (${dayText(fromMs)}): it is exclusive.`));
  if (toMs - fromMs > queryDaysMax * dayMs) {
    return fail(invalid("to", `from and to may span at most ${queryDaysMax} days.`));
  }
  return ok({ fromMs, toMs });
}
