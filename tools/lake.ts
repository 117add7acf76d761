/*
 * `npm run lake -- pull DIR`: copies the lake's objects as plain files, for any engine that reads Parquet.
 * `npm run lake -- views DIR`: prints the KPI definitions of sql/ as DuckDB views over such a copy.
 * Called by an operator or analyst; `pull` talks HTTP to the admin API of the analytics Worker, `views` to nobody.
 * It never writes to the lake, and never outside DIR.
 */
import { pathFromCaller, readArguments } from "./arguments.ts";
import { pullLake } from "./lake/pull.ts";
import { viewScript } from "./lake/views.ts";
import { createAdminClient } from "./operator/admin.ts";
import { operatorTarget } from "./operator/target.ts";
import { createProgress } from "./terminal/progress.ts";

const usage = `Usage: npm run lake -- pull DIR [--prefix events/] [--url https://… | --state DIR]

Makes DIR a copy of the lake's objects under the prefix (all of events/ by default). Then, with DuckDB:
  SELECT count(*) FROM read_parquet('DIR/events/**/*.parquet', hive_partitioning = true);

Usage: npm run --silent lake -- views DIR [--project P] [--currency EUR] [--timezone Europe/Berlin] > views.sql

Prints the KPI definitions of sql/ as views over DIR, in schema sluice. Then:
  duckdb -init views.sql -c "SELECT * FROM sluice.active_users_daily ORDER BY day"`;

const text = { type: "string" } as const;
/** Settings of the models that the command line may replace. */
const settings = { project: text, currency: text, timezone: text };

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const parsed = readArguments(args, { url: text, state: text, prefix: text, ...settings, help: { type: "boolean" } });
  if (!parsed.ok) return refuse(`${parsed.error}\n\n${usage}`);
  const { values, positionals } = parsed.value;
  if (values.help === true) {
    console.log(usage);
    return 0;
  }
  const [verb, folder, ...rest] = positionals;
  if (verb === "views" && folder !== undefined && rest.length === 0) return printViews(folder, values);
  if (verb !== "pull" || folder === undefined || rest.length > 0) return refuse(usage);
  const target = operatorTarget({
    url: values.url,
    state: values.state,
    tokenFromEnvironment: process.env["SLUICE_OPERATOR_TOKEN"],
  });
  if (!target.ok) return refuse(target.error);
  const progress = createProgress();
  progress.step("Listing the lake…");
  const admin = createAdminClient(target.value.queryUrl, target.value.operatorToken);
  const report = await pullLake(admin, pathFromCaller(folder), values.prefix ?? "events/", (done, total) => {
    progress.step("Copying…");
    progress.detail(`${done} of ${total} objects`);
  });
  progress.end();
  if (!report.ok) return refuse(report.error);
  const { objects, copied, copiedBytes, unchanged, removed } = report.value;
  console.log(
    `${objects} objects in ${folder}: ${copied} copied (${(copiedBytes / 1e6).toFixed(1)} MB), ` +
      `${unchanged} unchanged, ${removed} removed.`,
  );
  return 0;
}

function printViews(folder: string, values: Readonly<Record<string, string | boolean | undefined>>): number {
  const given = Object.keys(settings).flatMap((name) =>
    typeof values[name] === "string" ? [[name, values[name]]] : [],
  );
  const script = viewScript({ lake: pathFromCaller(folder), ...(Object.fromEntries(given) as Record<string, string>) });
  if (!script.ok) return refuse(script.error);
  console.log(script.value);
  return 0;
}

function refuse(message: string): number {
  console.error(message);
  return 1;
}
