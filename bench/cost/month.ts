/*
 * What the pipeline does in a month at some volume: requests, batches, publishing cycles, parts, roll-ups. The
 * decisions are those of the production code (its plan modules run here, on virtual time, for some days); only what
 * each of these steps costs comes from a recording.
 */
import { hourMs as msPerHour } from "@sluice/schema";
import { fewLinksText } from "../../analytics/src/few-links.ts";
import { isComplete } from "../../analytics/src/day.ts";
import {
  buildsLateDays,
  countsTrail,
  isDue,
  nextRollupMs,
  recountsLinkedDays,
} from "../../analytics/src/rollup-pace.ts";
import { changedDays, joinDays, passLimits, recountGroups } from "../../analytics/src/rollup-plan.ts";
import { armAheadMsMax } from "../../queue-consumer/src/log/limits.ts";
import { BlockTables, isFoldDue } from "../../queue-consumer/src/log/live-tables.ts";
import { PendingHours } from "../../queue-consumer/src/log/pending-hours.ts";
import {
  choosePart,
  dueHours,
  isLarge,
  nextTickMs,
  partPrefix,
  type PartState,
  partSizeMax,
} from "../../queue-consumer/src/log/publish-plan.ts";
import { type Random, randomOf } from "../../tools/demo/random.ts";
import { type Activity, noActivity, type Settings } from "./activity.ts";
import type { RowSizes } from "./coefficients.ts";
import { cellsPerVisit, eventsPerRequest, identifyShare, lateMsOf, sampleLink } from "./traffic.ts";

const minuteMs = 60_000;
const dayMs = 24 * msPerHour;
const daysPerMonth = 30;
/** Days before the measured ones: late events are up to two days late. */
const warmUpDays = 3;
const measuredDays = 2;
/** An object counts as awake for so long after its last call, in the price's upper bound. */
const awakeTailMs = 10_000;
/** Days for which the project has been running: all of them have links, which a recount reads. */
const projectAgeDays = 90;
/** Days before a changed one whose users are recounted because of its links. */
const linkedDays = 30;
const limits = passLimits(undefined);
/** Rows of D1 that change when weekly and monthly users are counted: 30 days after a day, their weeks and months. */
const trailRowsWritten = 38;

/** Simulates five days of a project's traffic, and scales the last two to a month. */
export function simulateMonth(eventsPerMonth: number, settings: Settings, sizes: RowSizes): Activity {
  const run = new Run(eventsPerMonth, settings, sizes);
  run.until(warmUpDays * dayMs);
  const before = { ...run.activity };
  run.until((warmUpDays + measuredDays) * dayMs);
  const scale = daysPerMonth / measuredDays;
  const activity = { ...run.activity };
  for (const name of Object.keys(activity) as (keyof Activity)[]) {
    activity[name] = (activity[name] - before[name]) * scale;
  }
  activity.partsPerHour = run.partsOfHour((warmUpDays + measuredDays - 2) * dayMs - msPerHour);
  return activity;
}

/** Simulates a recording: a new project, from noon on; counts the minutes after the warm-up. */
export function simulateWindow(
  eventsPerMonth: number,
  settings: Settings,
  sizes: RowSizes,
  window: { readonly warmUpMinutes: number; readonly minutes: number },
): Activity {
  const startMs = dayMs / 2;
  const run = new Run(eventsPerMonth, settings, sizes, startMs);
  run.until(startMs + window.warmUpMinutes * minuteMs);
  const before = { ...run.activity };
  run.until(startMs + (window.warmUpMinutes + window.minutes) * minuteMs);
  const activity = { ...run.activity };
  for (const name of Object.keys(activity) as (keyof Activity)[]) activity[name] -= before[name];
  return activity;
}

class Run {
  readonly activity = noActivity();
  readonly #settings: Settings;
  readonly #sizes: RowSizes;
  readonly #meanGapMs: number;
  readonly #random: Random;
  readonly #pending = new PendingHours();
  readonly #tables = new BlockTables();
  readonly #parts = new Map<number, PartState[]>();
  /** Hours published since the last roll-up. */
  readonly #changed = new Set<number>();
  /** Requests published since the last roll-up. */
  #changedRequests = 0;
  #linksChanged = false;
  #batch: { readonly hours: Map<number, number>; messages: number; dueMs: number } | null = null;
  #sequence = 0;
  #foldedThrough = 0;
  #unfoldedIds = 0;
  #nextRequestMs: number;
  #nextTickMs: number;
  #alarmMs = Number.POSITIVE_INFINITY;
  #rollUpDueMs = 0;
  #asOfMs: number;
  #trailAsOfMs = 0;
  /** Days that have been built, and those that late events changed since. */
  readonly #built = new Set<number>();
  #lateDays: readonly number[] = [];
  #awakeUntilMs = 0;

  constructor(eventsPerMonth: number, settings: Settings, sizes: RowSizes, startMs = 0) {
    this.#settings = settings;
    this.#sizes = sizes;
    this.#tables.begin(1);
    this.#meanGapMs = (daysPerMonth * dayMs * eventsPerRequest) / eventsPerMonth;
    this.#random = randomOf(`month ${eventsPerMonth}`);
    this.#nextRequestMs = startMs + this.#gapMs();
    this.#nextTickMs = startMs;
    this.#asOfMs = startMs;
  }

  /** Goes on until a time. What happens first is done first. */
  until(endMs: number): void {
    for (;;) {
      const batchMs = this.#batch?.dueMs ?? Number.POSITIVE_INFINITY;
      const atMs = Math.min(this.#nextRequestMs, batchMs, this.#alarmMs, this.#nextTickMs);
      if (atMs >= endMs) return;
      if (atMs === this.#nextTickMs) this.#minute(atMs);
      else if (atMs === this.#alarmMs) this.#alarm(atMs);
      else if (atMs === batchMs) this.#append(atMs);
      else this.#request(atMs);
    }
  }

  /** Parts of a file hour. */
  partsOfHour(hourMs: number): number {
    return this.#parts.get(hourMs)?.length ?? 0;
  }

  #gapMs(): number {
    return -Math.log(1 - this.#random.next()) * this.#meanGapMs;
  }

  #request(nowMs: number): void {
    this.activity.requests += 1;
    this.#nextRequestMs = nowMs + this.#gapMs();
    const hourMs = Math.floor((nowMs - lateMsOf(this.#random)) / msPerHour) * msPerHour;
    this.#batch ??= { hours: new Map(), messages: 0, dueMs: nowMs + this.#settings.batchWaitMs };
    this.#batch.hours.set(hourMs, (this.#batch.hours.get(hourMs) ?? 0) + eventsPerRequest);
    this.#batch.messages += 1;
    if (this.#batch.messages >= this.#settings.batchMessagesMax) this.#append(nowMs);
  }

  #append(nowMs: number): void {
    const batch = this.#batch;
    if (batch === null) return;
    this.#batch = null;
    this.activity.batches += 1;
    const segments = [...batch.hours].map(([hourMs, rows]) => {
      const textLength = rows * this.#sizes.textPerRow;
      const place = { at: 0, bytes: 0 };
      const publicKeys = ["web.1"];
      return { dataset: "events", hourMs, rows, serverRows: 0, publicKeys, textLength, ...place } as const;
    });
    this.#sequence += 1;
    const table = this.#tables.open;
    const rows = segments.reduce((sum, segment) => sum + segment.rows, 0);
    this.#pending.add(this.#sequence, table, { segments, takenAtMs: nowMs });
    this.#tables.add(table, this.#sequence, nowMs, rows * this.#sizes.bytesPerRow);
    this.#unfoldedIds += rows;
    this.#arm(nowMs);
    this.#called(nowMs);
  }

  #arm(nowMs: number): void {
    const { publish } = this.#settings;
    const dueMs = nextTickMs(this.#pending.hours(), nowMs, publish);
    if (dueMs === null) return;
    const atMs = Math.max(dueMs, nowMs + publish.publishMs);
    if (atMs - nowMs > armAheadMsMax) return;
    if (atMs >= this.#alarmMs) return;
    this.#alarmMs = atMs;
    this.activity.alarmsSet += 1;
  }

  #alarm(nowMs: number): void {
    this.#alarmMs = Number.POSITIVE_INFINITY;
    this.activity.alarms += 1;
    const due = dueHours(this.#pending.hours(), nowMs, this.#settings.publish);
    if (isLarge(due)) this.activity.markedCycles += 1;
    if (due.length > 0) this.#seal(nowMs);
    for (const hour of due) this.#publish(hour.hourMs);
    if (due.length > 0) this.#dropPublished(nowMs);
    this.#arm(nowMs);
    this.#called(nowMs);
  }

  #seal(nowMs: number): void {
    if (!this.#tables.isSealDue(nowMs, this.#settings.liveMs)) return;
    this.#tables.begin(this.#sequence + 1);
    this.activity.seals += 1;
  }

  #dropPublished(nowMs: number): void {
    const { throughSequence, tables } = this.#tables.dropped(this.#pending.tables(), nowMs - this.#settings.liveMs);
    if (isFoldDue(throughSequence, this.#foldedThrough, this.#unfoldedIds)) {
      this.activity.folds += 1;
      this.#foldedThrough = this.#sequence;
      this.#unfoldedIds = 0;
    }
    this.#tables.drop(tables);
  }

  #publish(hourMs: number): void {
    for (;;) {
      const hour = this.#pending.hour("events", hourMs);
      if (hour === null) return;
      const segments = partPrefix(hour, partSizeMax);
      const waiting = { rows: 0, textLength: 0 };
      for (const { segment } of segments) {
        waiting.rows += segment.rows;
        waiting.textLength += segment.textLength;
      }
      const parts = this.#parts.get(hourMs) ?? [];
      const last = parts.at(-1) ?? null;
      const { part, grows } = choosePart(last, waiting, partSizeMax);
      const before = grows && last !== null ? last : { rows: 0, textLength: 0 };
      const rows = before.rows + waiting.rows;
      const textLength = before.textLength + waiting.textLength;
      parts[part] = { part, rows, textLength, bytes: 0, closed: false, etag: "", sequence: this.#sequence };
      this.#parts.set(hourMs, parts);
      this.#changed.add(hourMs);
      this.#changedRequests += waiting.rows / eventsPerRequest;
      this.activity.puts += 1;
      this.activity.grows += grows ? 1 : 0;
      this.activity.rowsEncoded += rows;
      this.#pending.confirm("events", hourMs, segments.at(-1)?.sequence ?? 0);
    }
  }

  /** The crons of the consumer and of analytics. */
  #minute(nowMs: number): void {
    this.#nextTickMs = nowMs + minuteMs;
    const { consumer, analytics } = this.#settings.cronsPerMonth;
    if (runsInMinute(consumer, nowMs)) {
      this.activity.statusCalls += 1;
      this.#arm(nowMs);
      this.#called(nowMs);
    }
    const askedMs = this.#settings.isAskedFor ? nowMs : 0;
    const turn = { dueMs: this.#rollUpDueMs, asOfMs: this.#asOfMs, askedMs };
    if (!runsInMinute(analytics, nowMs) || !isDue(turn, nowMs, this.#settings.rollupMs)) return;
    this.activity.changesCalls += 1;
    this.#called(nowMs);
    const waits = this.#lateDays.length > 0 && buildsLateDays(nowMs, this.#asOfMs, this.#settings.rollupMs);
    if (this.#changed.size === 0 && !waits) {
      if (nowMs - this.#asOfMs < this.#settings.rollupMs) return;
      this.#asOfMs = nowMs;
      this.activity.asOfWrites += 1;
      return;
    }
    this.#rollUp(nowMs);
    this.#asOfMs = nowMs;
  }

  #rollUp(nowMs: number): void {
    this.activity.rollups += 1;
    this.activity.changesCalls += 1;
    const { rollupMs } = this.#settings;
    const changes = [...this.#changed].map((hourMs) => ({ dataset: "events", hourMs }) as const);
    // The plan asks no more of a change than its dataset and hour.
    const changed = joinDays(changedDays(changes as unknown as Parameters<typeof changedDays>[0]), this.#lateDays);
    const buildsLate = buildsLateDays(nowMs, this.#asOfMs, rollupMs);
    this.#lateDays = changed.filter((day) => !buildsLate && isComplete(day, this.#asOfMs) && this.#built.has(day));
    const days = changed.filter((day) => !this.#lateDays.includes(day));
    this.#linksChanged ||= 1 - (1 - identifyShare) ** this.#changedRequests > this.#random.next();
    const rows = days.reduce((sum, day) => sum + this.#rebuild(day), 0);
    const firstDay = days[0] ?? 0;
    if (this.#linksChanged && recountsLinkedDays(nowMs, this.#asOfMs, rollupMs)) {
      this.#linksChanged = false;
      const before = Array.from({ length: linkedDays }, (_, day) => firstDay - (linkedDays - day) * dayMs);
      this.#recount([...before, ...days]);
    } else this.#recount(days);
    if (countsTrail(nowMs, this.#trailAsOfMs, rollupMs)) {
      this.#trailAsOfMs = nowMs;
      this.#countTrail();
    }
    this.#changed.clear();
    this.#changedRequests = 0;
    this.#rollUpDueMs = nextRollupMs(nowMs, rows, rollupMs);
  }

  /** Builds a day from all its parts; returns the rows read. */
  #rebuild(dayStartMs: number): number {
    const parts = this.#partsOfDay(dayStartMs);
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    const ids = rows / eventsPerRequest;
    const passes = slicesOf(ids);
    const linksLieInR2 = !areFewLinks(ids);
    this.#built.add(dayStartMs);
    this.activity.rebuilds += 1;
    this.activity.partsRead += parts.length * passes;
    this.activity.rowsFolded += rows * passes;
    this.activity.martsLookedAt += passes * (linksLieInR2 ? 2 : 1);
    this.activity.martsWritten += passes * (linksLieInR2 && this.#changedRequests * identifyShare > 1 ? 2 : 1);
    return rows * passes;
  }

  /** Counts the users of days from their marts and from every day's links. */
  #recount(dayStarts: readonly number[]): void {
    const wholeDayIds = dayMs / this.#meanGapMs;
    const days = dayStarts.map((day) => {
      const rows = this.#partsOfDay(day).reduce((sum, part) => sum + part.rows, 0);
      return { ids: rows === 0 ? wholeDayIds : rows / eventsPerRequest };
    });
    for (const group of recountGroups(days, limits.idsMax)) {
      const ids = group.days.reduce((sum, day) => sum + day.ids, 0);
      const linkMarts = areFewLinks(wholeDayIds) ? 0 : projectAgeDays;
      const marts = group.days.reduce((sum, day) => sum + slicesOf(day.ids), linkMarts);
      const links = projectAgeDays * wholeDayIds * identifyShare;
      this.activity.martsRead += marts * group.slices ** 2;
      this.activity.linkRowsRead += projectAgeDays * (1 + group.slices ** 2);
      this.activity.idsRecounted += (ids + links) * group.slices ** 2;
    }
  }

  /** Counts weekly and monthly users from every day's marts and links. */
  #countTrail(): void {
    const wholeDayIds = dayMs / this.#meanGapMs;
    const linkMarts = areFewLinks(wholeDayIds) ? 0 : 1;
    this.activity.trails += 1;
    this.activity.martsRead += projectAgeDays * (slicesOf(wholeDayIds) + linkMarts);
    this.activity.linkRowsRead += 2 * projectAgeDays;
    this.activity.idsRecounted += projectAgeDays * (wholeDayIds + wholeDayIds * identifyShare);
    this.activity.trailRowsWritten += trailRowsWritten;
  }

  #partsOfDay(dayStartMs: number): readonly PartState[] {
    return Array.from({ length: 24 }, (_, hour) => this.#parts.get(dayStartMs + hour * msPerHour) ?? []).flat();
  }

  #called(nowMs: number): void {
    this.activity.awakeSeconds += (nowMs + awakeTailMs - Math.max(nowMs, this.#awakeUntilMs)) / 1000;
    this.#awakeUntilMs = nowMs + awakeTailMs;
  }
}

/** Whether a cron that runs so often a month does so in this minute. */
function runsInMinute(runsPerMonth: number, nowMs: number): boolean {
  return (nowMs / minuteMs) % Math.round((daysPerMonth * dayMs) / minuteMs / runsPerMonth) === 0;
}

/** Whether the row of a day with so many ids holds its links, instead of a mart. */
function areFewLinks(ids: number): boolean {
  const links = Array.from({ length: Math.ceil(ids * identifyShare) }, () => sampleLink);
  return slicesOf(ids) === 1 && fewLinksText(links) !== null;
}

/** Slices in which a day with so many ids is built: each is one pass over its parts. */
function slicesOf(ids: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2((ids * cellsPerVisit) / limits.dayIdsMax)));
}
