import { formatTable } from "../../tools/terminal/table.ts";
import { type Coefficients, sumsOf } from "./coefficients.ts";
import type { Activity } from "./activity.ts";
import { awakeGbSeconds, type CpuCosts } from "./usage.ts";
import { billedUnits, dollarsOf, listPrice, priceBeyondPlan, prices, type Usage } from "./prices.ts";
import type { Recording } from "./recording.ts";

/** A month at one volume. */
export interface PricedMonth {
  /** Events a month. */
  readonly volume: number;
  readonly activity: Activity;
  readonly usage: Usage;
}

/** Goals: list price without allotments. */
const perMillionMax = 0.2;
const perMonthMax = 0.5;
const perMillionFromEvents = 30e6;

/** What the recordings counted, beside what the model says for the same hour. */
export function printRecordings(recordings: readonly Recording[], windows: readonly Activity[]): void {
  const sums = recordings.map((recording) => sumsOf([recording]));
  const line = (name: string, recorded: (i: number) => number, model: (activity: Activity) => number): string[] => [
    name,
    ...recordings.map((_, i) => {
      const window = windows[i];
      return `${recorded(i).toFixed(0)} (${window === undefined ? "?" : model(window).toFixed(0)})`;
    }),
  ];
  const count = (handler: string, unit: string) => (i: number) => sums[i]?.of(handler, unit) ?? Number.NaN;
  console.log("\nOne recorded hour of a new project; in brackets what the model of a month says for that hour.\n");
  console.log(
    formatTable(
      volumeHeading(
        "",
        recordings.map((recording) => recording.eventsPerMonth),
      ),
      [
        line(
          "requests",
          (i) => recordings[i]?.requests ?? 0,
          (a) => a.requests,
        ),
        line("queue batches", count("consumer queue", "calls"), (a) => a.batches),
        line("publishing cycles", count("log alarm", "calls"), (a) => a.alarms),
        line(
          "alarms set",
          (i) => count("log append", "sql written alarm")(i) + count("log alarm", "sql written alarm")(i),
          (a) => a.alarmsSet,
        ),
        line("block tables", count("log alarm", "seals"), (a) => a.seals),
        line("folds", count("log alarm", "folds"), (a) => a.folds),
        line("parts put", count("log alarm", "A put events"), (a) => a.puts),
        line("of these, grown", count("log alarm", "B get events"), (a) => a.grows),
        line(
          "roll-ups",
          (i) => sums[i]?.rollups ?? 0,
          (a) => a.rollups,
        ),
        line(
          "days built",
          (i) => sums[i]?.rebuilds ?? 0,
          (a) => a.rebuilds,
        ),
        line("parts read by them", count("analytics cron", "B get events"), (a) => a.partsRead),
        line("objects of marts looked at", count("analytics cron", "B head marts"), (a) => a.martsLookedAt),
        line("objects of marts written", count("analytics cron", "A put marts"), (a) => a.martsWritten),
      ],
    ),
  );
}

/** What each step was billed for. */
export function printCoefficients(per: Coefficients, cpu: CpuCosts): void {
  const rows = [
    ["queue operations per request", per.queueOperationsPerRequest],
    ["rows written per append", per.objectRowsPerAppend],
    ["rows written per block table", per.objectRowsPerSeal],
    ["rows written per fold", per.objectRowsPerFold],
    ["rows written per part put", per.objectRowsPerPut],
    ["D1 rows written per roll-up", per.d1RowsPerRollup],
    ["D1 rows written per day built", per.d1RowsPerRebuild],
    ["D1 rows read per minute", per.d1RowsReadPerMinute],
    ["characters per row in the log", per.sizes.textPerRow],
    ["bytes per row in the log", per.sizes.bytesPerRow],
    ["CPU per event: edge, µs", cpu.edge],
    ["CPU per event: consumer and append, µs", cpu.append],
    ["CPU per row encoded: publish, µs", cpu.publish],
    ["CPU per row read: roll-up, µs", cpu.rollUp],
    ["CPU per row of a mart: count of users, µs", cpu.martRow],
    ["CPU per minute of crons, ms", cpu.idleMinute / 1000],
  ] as const;
  console.log("\nWhat each step was billed for, on average over the recordings.\n");
  console.log(
    formatTable(
      ["", "mean"],
      rows.map(([name, value]) => [name, value.toFixed(2)]),
    ),
  );
}

/** Units, prices and the goal, a column per volume. */
export function printCosts(months: readonly PricedMonth[]): void {
  const volumes = months.map((month) => month.volume);
  const line = (name: string, cell: (month: PricedMonth) => string): string[] => [name, ...months.map(cell)];
  const activityNames = Object.keys(months[0]?.activity ?? {}) as (keyof Activity)[];
  console.log("\nIn a month: what happens, by the model.\n");
  console.log(
    formatTable(
      volumeHeading("", volumes),
      activityNames.map((name) => line(wordsOf(name), ({ activity }) => units(activity[name]))),
    ),
  );
  console.log("\nIn a month: units billed.\n");
  console.log(
    formatTable(
      volumeHeading("", volumes),
      billedUnits.map((unit) => line(nameOf(unit), ({ usage }) => units(usage[unit]))),
    ),
  );
  console.log("\nList price in dollars per million events, without the plan's allotments.\n");
  console.log(
    formatTable(volumeHeading("", volumes), [
      ...billedUnits.map((unit) =>
        line(nameOf(unit), (month) => perMillion(month, dollarsOf(unit, month.usage[unit]))),
      ),
      ...totalLines(months),
      line("beyond the plan's allotments, per month", ({ usage }) => priceBeyondPlan(usage).toFixed(2)),
      line("if objects were billed 10 s after a call: more, per month", ({ activity, usage }) =>
        dollarsOf("objectGbSeconds", Math.max(0, awakeGbSeconds(activity) - usage.objectGbSeconds)).toFixed(2),
      ),
    ]),
  );
}

/** Totals only, under other settings. */
export function printTotals(condition: string, months: readonly PricedMonth[]): void {
  console.log(`\nThe same if ${condition}.\n`);
  console.log(
    formatTable(
      volumeHeading(
        "",
        months.map((month) => month.volume),
      ),
      totalLines(months),
    ),
  );
}

/** List price per million events and per month, and whether the goal is met. */
function totalLines(months: readonly PricedMonth[]): string[][] {
  return [
    ["total per million events", ...months.map((month) => perMillion(month, listPrice(month.usage)))],
    ["total per month", ...months.map(({ usage }) => listPrice(usage).toFixed(2))],
    [
      "goal",
      ...months.map(({ volume }) =>
        volume < perMillionFromEvents ? `< ${perMonthMax} a month` : `< ${perMillionMax} a million`,
      ),
    ],
    ["", ...months.map((month) => (isMet(month) ? "met" : "not met"))],
  ];
}

function perMillion(month: PricedMonth, dollars: number): string {
  return (dollars / (month.volume / 1e6)).toFixed(4);
}

function isMet({ volume, usage }: PricedMonth): boolean {
  const dollars = listPrice(usage);
  return volume < perMillionFromEvents ? dollars < perMonthMax : dollars / (volume / 1e6) < perMillionMax;
}

function volumeHeading(first: string, volumes: readonly number[]): string[] {
  return [first, ...volumes.map((volume) => `${volume / 1e6}M/month`)];
}

function nameOf(unit: keyof typeof prices): string {
  return `${prices[unit].service}: ${prices[unit].unit}`;
}

/** `partsRead` → `parts read`. */
function wordsOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function units(amount: number): string {
  return Math.round(amount).toLocaleString("en");
}
