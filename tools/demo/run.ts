import type { Json } from "@sluice/schema";
import type { LocalConfig, StatePaths } from "../local/state-files.ts";
import { type AdminClient, createAdminClient } from "../operator/admin.ts";
import { daysText, earlierDemo, writeDemoFile } from "./demo-file.ts";
import { dayName, type DemoPlan, startOf } from "./event.ts";
import { daysOfReply, kpiPath } from "./kpis.ts";
import { type DayInLake, othersOn } from "./others.ts";
import { type Difference, differencesOf, kpiTable } from "./report.ts";
import { sendAll, type SendReport } from "./send.ts";
import { deliveriesOf } from "./traffic.ts";
import { type DayTruth, type DemoTruth, truthOf } from "./truth.ts";

/** What a demo needs. */
export interface DemoRun {
  readonly plan: DemoPlan;
  readonly local: Pick<LocalConfig, "ingestUrl" | "queryUrl" | "project" | "serverKey" | "readToken">;
  readonly operatorToken: string;
  /** State folder, for `demo.json`. */
  readonly paths: StatePaths;
  /** Takes a lasting line of the report. */
  readonly print: (text: string) => void;
  /** Told what is being done, and how far it is (0 to 1, with the events sent). */
  readonly onStep: (text: string) => void;
  readonly onSent: (share: number, sent: number) => void;
}

/** What came of it. */
export interface DemoResult {
  readonly truth: DemoTruth;
  readonly sent: SendReport;
  /** What the query API answered for the days of the demo. */
  readonly answered: readonly DayTruth[];
  /** Whether every number is the truth, or differs only because the project holds other events too. */
  readonly agrees: boolean;
}

/**
 * Sends the demo, publishes it and compares every number of every day with the truth. Throws where a part of
 * the pipeline does not answer; wrong numbers are a result.
 */
export async function runDemo(run: DemoRun): Promise<DemoResult> {
  const { plan, local, print } = run;
  run.onStep(`Making ${daysText(plan)}…`);
  const truth = truthOf(plan, deliveriesOf(plan));
  const earlier = earlierDemo(run.paths, plan);
  const path = writeDemoFile(run.paths, plan, truth);
  if (earlier !== null) print(earlier);
  run.onStep(`Sending ${truth.totals.sent} events…`);
  const startedMs = performance.now();
  const sent = await sendAll(deliveriesOf(plan), local, (count) => run.onSent(count / truth.totals.sent, count));
  print(sentText(sent, truth, performance.now() - startedMs));
  run.onStep("Publishing and rolling up…");
  const admin = createAdminClient(local.queryUrl, run.operatorToken);
  await flush(admin);
  run.onStep("Asking the query API…");
  const answered = await askKpis(run);
  print(`\n${kpiTable(answered)}\n`);
  const differences = differencesOf(truth.days, answered);
  const agrees = differences.length === 0 ? true : await explain(run, differences, admin);
  if (differences.length === 0)
    print(`All ${truth.days.length} days equal the truth in ${path}: every count, user and cent.`);
  return { truth, sent, answered, agrees: agrees && sent.failures.length === 0 };
}

function sentText(sent: SendReport, truth: DemoTruth, elapsedMs: number): string {
  const rate = Math.round((sent.sent / elapsedMs) * 1000);
  const lines = [
    `Sent ${sent.sent} events in ${(elapsedMs / 1000).toFixed(1)} s (${rate}/s), ${truth.totals.late} of them late:`,
    `  ${sent.accepted} accepted, of which ${sent.duplicates} duplicates; ${sent.rejected} rejected as expected.`,
    ...sent.failures.map((failure) => `  UNEXPECTED: ${failure}`),
  ];
  return lines.join("\n");
}

/** A flush answers within its own limit, drained or not; so many in a row are enough for the largest demo. */
const flushesMax = 10;

async function flush(admin: AdminClient): Promise<void> {
  for (let attempt = 0; attempt < flushesMax; attempt++) {
    const reply = await admin.call("POST", "/v1/admin/flush");
    if (!reply.ok) throw new Error(`Flush: ${reply.error.message}`);
    if (reply.value["drained"] !== false) return;
  }
  throw new Error("The local queue did not drain; the numbers would not be complete.");
}

async function askKpis(run: DemoRun): Promise<DayTruth[]> {
  const url = run.local.queryUrl + kpiPath(dayName(startOf(run.plan)), dayName(run.plan.anchorMs));
  const response = await fetch(url, { headers: { authorization: `Bearer ${run.local.readToken}` } });
  const text = await response.text();
  if (!response.ok) throw new Error(`The query API answered with ${response.status}: ${text.slice(0, 300)}`);
  const days = daysOfReply(JSON.parse(text) as Json);
  if (!days.ok) throw new Error(`The query API's answer cannot be read: ${days.error}.`);
  return days.value;
}

const differencesShown = 12;

/** Says which numbers differ and whether other events in the project are why. */
async function explain(run: DemoRun, differences: readonly Difference[], admin: AdminClient): Promise<boolean> {
  const days = [...new Set(differences.map((difference) => difference.day))];
  const found = await othersOn(days, run.plan, run.local.project, admin);
  const inLake = new Map(found.ok ? found.value.map((day) => [day.day, day]) : []);
  const unexplained = differences.filter((difference) => {
    const day = inLake.get(difference.day);
    return day === undefined || day.others === 0 || day.repeated > 0 || !addsUp(difference, day.others);
  });
  sayWhatElse(run, [...inLake.values()]);
  for (const { day, metric, expected, answered } of unexplained.slice(0, differencesShown)) {
    run.print(`DIFFERS ${day} ${metric}: ${answered} instead of ${expected}`);
  }
  const more = unexplained.length - differencesShown;
  if (more > 0) run.print(`… and ${more} more.`);
  if (!found.ok) run.print(`The lake could not be looked into: ${found.error}`);
  if (unexplained.length === 0) run.print("Every other day equals the truth; on those days the numbers hold both.");
  return unexplained.length === 0;
}

const daysNamed = 5;

function sayWhatElse(run: DemoRun, days: readonly DayInLake[]): void {
  for (const { day, repeated } of days) {
    if (repeated > 0) run.print(`${day}: ${repeated} events are stored more than once.`);
  }
  const shared = days.filter((day) => day.others > 0);
  for (const { day, others, otherSources } of shared.slice(0, daysNamed)) {
    run.print(`${day}: the project also holds ${others} other events (source ${otherSources.join(", ")}).`);
  }
  const more = shared.slice(daysNamed);
  if (more.length === 0) return;
  run.print(`… and ${more.length} more days, ${more.reduce((sum, day) => sum + day.others, 0)} other events in all.`);
}

/** Of other events only their number is known: the events of the day must be the demo's and those, exactly. */
function addsUp(difference: Difference, others: number): boolean {
  return difference.metric !== "events" || Number(difference.answered) === Number(difference.expected) + others;
}
