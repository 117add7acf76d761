import type { AttributionAnswer } from "../../analytics/src/behaviour/attribution.ts";
import type { EventName } from "../../analytics/src/behaviour/event-name.ts";
import type { FunnelBucket, FunnelCounts } from "../../analytics/src/behaviour/funnel.ts";
import type { CohortValue } from "../../analytics/src/behaviour/lifetime-value.ts";
import {
  attributionSql,
  experimentSql,
  funnelSql,
  lifetimeValueSql,
  pathSql,
  retentionSql,
  sessionSql,
  type SqlRange,
} from "../../analytics/src/behaviour/oracle-sql.ts";
import type { Cohort, RetentionMode } from "../../analytics/src/behaviour/retention.ts";
import type { SessionBucket } from "../../analytics/src/behaviour/session-kpis.ts";
import type { Oracle, OracleRow } from "../../analytics/testing/oracle.ts";
import { Agreement } from "./agreement.ts";
import { funnel, homeZone, type KpiWorld } from "./world.ts";

/** One of whole hours whose clocks change, one of 45 minutes. */
const zones = [homeZone, "Asia/Kathmandu"] as const;
const order: EventName = { type: "track", name: "Order Completed" };
const modes: readonly (readonly [string, RetentionMode])[] = [
  ["mode=exact&periods=8", { kind: "exact", count: 8 }],
  ["mode=unbounded&periods=8", { kind: "unbounded", count: 8 }],
  [
    "mode=bounded&ranges=1-3,4-10,0-0",
    {
      kind: "bounded",
      ranges: [
        [1, 3],
        [4, 10],
        [0, 0],
      ],
    },
  ],
];
const ltvDays = 20;

/** What one comparison needs. */
interface Comparison {
  readonly world: KpiWorld;
  readonly oracle: Oracle;
  readonly agreement: Agreement;
  readonly range: SqlRange;
  /** The range as a question's parameters. */
  readonly asked: string;
}

/** Every behavioural KPI by day and week in two zones, and DuckDB's recount of it. */
export async function behaviourAgreement(world: KpiWorld, oracle: Oracle): Promise<Agreement> {
  const agreement = new Agreement();
  for (const zone of zones) {
    for (const interval of ["day", "week"] as const) {
      const range: SqlRange = { zone, from: "2026-03-02", to: "2026-04-06", interval };
      const asked = `from=${range.from}&to=${range.to}&interval=${interval}&timezone=${zone}`;
      const comparison = { world, oracle, agreement, range, asked };
      await sessions(comparison);
      await funnels(comparison);
      await retention(comparison);
      await lifetimeValue(comparison);
      if (interval === "week") continue;
      await paths(comparison);
      await experiments(comparison);
      await attribution(comparison);
    }
  }
  return agreement;
}

async function sessions({ world, oracle, agreement, range, asked }: Comparison): Promise<void> {
  const { buckets } = (await world.ask(`/v1/sessions?${asked}`)) as { buckets: SessionBucket[] };
  const answered = buckets
    .filter(({ sessions: count }) => count > 0)
    .map((bucket) => [
      bucket.start,
      bucket.sessions,
      bucket.duration.numerator,
      bucket.pagesPerSession.numerator,
      bucket.bounceRate.numerator,
      bucket.timeOnPage.numerator,
      bucket.timeOnPage.denominator,
    ]);
  const columns = ["start", "sessions", "duration", "pages", "bounces", "page_ms", "pages_left"];
  compare(agreement, `sessions ${asked}`, answered, await oracle.rows(sessionSql(range)), columns);
}

async function funnels({ world, oracle, agreement, range, asked }: Comparison): Promise<void> {
  const { buckets } = (await world.ask(`/v1/funnels/${funnel.funnel}?${asked}`)) as { buckets: FunnelBucket[] };
  const declared = {
    steps: funnel.steps.map((step): EventName => ({ type: "track", name: step.slice("event:".length) })),
    windowMs: funnel.windowHours * 3_600_000,
    breakdown: funnel.breakdown,
  };
  const valuesOf = ({ reached, conversion, timeToConvertMs: { p50, p90 } }: FunnelCounts) => [
    reached,
    conversion.numerator,
    p50,
    p90,
  ];
  const columns = ["reached", "converted", "p50", "p90"];
  const entered = buckets.filter(({ reached }) => reached[0] !== 0);
  const whole = entered.map((bucket) => [bucket.start, ...valuesOf(bucket)]);
  compare(agreement, `funnel ${asked}`, whole, await oracle.rows(funnelSql(declared, range, false)), [
    "start",
    ...columns,
  ]);
  const parts = entered.flatMap(({ start, segments }) => {
    return segments.map((segment) => [start, segment.value, ...valuesOf(segment)]);
  });
  const rows = await oracle.rows(funnelSql(declared, range, true));
  compare(agreement, `funnel by ${funnel.breakdown} ${asked}`, parts, rows, ["start", "segment", ...columns]);
}

async function retention({ world, oracle, agreement, range, asked }: Comparison): Promise<void> {
  for (const [parameters, mode] of modes) {
    for (const [more, cohortEvent, returnEvent] of [
      ["", null, null],
      ["&cohort=event:Order Completed", order, null],
      ["&return=event:Order Completed", null, order],
    ] as const) {
      const question = `/v1/retention?${asked}&${parameters}${more}`;
      const { cohorts } = (await world.ask(question)) as { cohorts: Cohort[] };
      const answered = cohorts.flatMap(({ start, users, retained }) => {
        return users === 0 ? [] : retained.map((count, n) => [start, users, n, count]);
      });
      const rows = await oracle.rows(retentionSql({ cohortEvent, returnEvent, mode }, range));
      compare(agreement, question, answered, rows, ["start", "users", "n", "retained"]);
    }
  }
}

async function lifetimeValue({ world, oracle, agreement, range, asked }: Comparison): Promise<void> {
  const { cohorts } = (await world.ask(`/v1/ltv?${asked}&days=${ltvDays}`)) as { cohorts: CohortValue[] };
  const answered = cohorts.flatMap(({ start, users, revenue }) =>
    Object.entries(revenue).flatMap(([currency, days]) =>
      days.map(({ total }, n) => [start, users, currency, n, total]),
    ),
  );
  const rows = await oracle.rows(lifetimeValueSql(ltvDays, range));
  compare(agreement, `ltv ${asked}`, answered, rows, ["start", "users", "currency", "n", "total"]);
}

async function paths({ world, oracle, agreement, range, asked }: Comparison): Promise<void> {
  for (const by of ["page", "event"] as const) {
    const { transitions } = (await world.ask(`/v1/paths?${asked}&by=${by}&limit=500`)) as {
      transitions: { from: string | null; to: string | null; count: number }[];
    };
    const answered = transitions.map(({ from, to, count }) => [from, to, count]);
    compare(agreement, `paths by ${by} ${asked}`, answered, await oracle.rows(pathSql(by, range)), [
      "origin",
      "target",
      "count",
    ]);
  }
}

async function experiments({ world, oracle, agreement, range, asked }: Comparison): Promise<void> {
  const { variants, excludedUsers } = (await world.ask(`/v1/experiments/checkout?${asked}`)) as {
    variants: { variant: string; users: number; converted: number }[];
    excludedUsers: number;
  };
  const edges = await oracle.rows(`SELECT epoch_ms(timezone('${range.zone}', DATE '${range.from}'::TIMESTAMP)) AS a,
    epoch_ms(timezone('${range.zone}', DATE '${range.to}'::TIMESTAMP)) AS b`);
  const rows = await oracle.rows(
    experimentSql("checkout", order, range.zone, Number(edges[0]?.["a"]), Number(edges[0]?.["b"])),
  );
  const answered = variants.map(({ variant, users, converted }) => [variant, users, converted]);
  const single = rows.filter((row) => row["variant"] !== null);
  compare(agreement, `experiment ${asked}`, answered, single, ["variant", "users", "converted"]);
  const several = Number(rows.find((row) => row["variant"] === null)?.["users"] ?? 0);
  agreement.compare(`users of several variants ${asked}`, [String(excludedUsers)], [String(several)]);
}

async function attribution({ world, oracle, agreement, range, asked }: Comparison): Promise<void> {
  const { firstTouch, lastTouch } = (await world.ask(`/v1/attribution?${asked}`)) as AttributionAnswer;
  const answered = (
    [
      ["first", firstTouch],
      ["last", lastTouch],
    ] as const
  ).flatMap(([model, credits]) =>
    credits.map(({ channel, conversions, revenue }) => {
      const { source = null, medium = null, campaign = null, referrer = null } = channel ?? {};
      return [model, source, medium, campaign, referrer, conversions, revenue];
    }),
  );
  // DuckDB's rows are by currency as well; an answer has one entry by channel.
  const rows = await oracle.rows(`SELECT model, s, m, c, r, sum(conversions)::INTEGER AS conversions,
    coalesce(map_from_entries(list((currency, revenue::VARCHAR) ORDER BY currency) FILTER (revenue IS NOT NULL)), MAP {})::JSON AS revenue
    FROM (${attributionSql(order, range)}) GROUP BY ALL`);
  const counted = rows.map((row) => ({ ...row, revenue: JSON.parse(String(row["revenue"])) as OracleRow[string] }));
  compare(agreement, `attribution ${asked}`, answered, counted, [
    "model",
    "s",
    "m",
    "c",
    "r",
    "conversions",
    "revenue",
  ]);
}

/** Compares lists of values; DuckDB writes large integers as texts. */
function compare(
  agreement: Agreement,
  question: string,
  answered: readonly (readonly unknown[])[],
  counted: readonly OracleRow[],
  columns: readonly string[],
): void {
  const lines = counted.map((row) => JSON.stringify(columns.map((column) => plain(row[column]))));
  agreement.compare(
    question,
    answered.map((values) => JSON.stringify(values.map(plain))),
    lines,
  );
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
}
