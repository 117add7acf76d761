import { hourMs } from "@sluice/schema";
import { PendingHours } from "../../queue-consumer/src/log/pending-hours.ts";
import {
  choosePart,
  dueHours,
  nextTickMs,
  partPrefix,
  partSizeMax,
  type PartState,
} from "../../queue-consumer/src/log/publish-plan.ts";
import { randomOf } from "../../tools/demo/random.ts";

/** Rows that publishing wrote for each row stored, and the parts of a file hour. */
export interface Amplification {
  readonly rowsWritten: number;
  readonly partsPerHour: number;
  readonly partsMax: number;
}

/** Events that happen so and so long before they are received, ms. */
export type Lateness = (random: () => number) => number;

const policy = { publishMs: 300_000, publishOldMs: hourMs, publishOldRows: 1000 };
const appendMs = 30_000;
const textPerRow = 1300;

/**
 * Publishes a stretch of traffic by the log's own plan modules, on virtual time, with the deployed settings: a call every
 * 30 s, all events of a request (ten) equally late.
 */
export function amplificationOf(hours: number, eventsPerHour: number, lateness: Lateness): Amplification {
  const draw = randomOf(`amplification ${hours} ${eventsPerHour}`);
  const next = (): number => draw.next();
  const pending = new PendingHours();
  const parts = new Map<number, PartState[]>();
  const startMs = Math.ceil(Date.UTC(2026, 0, 1) / hourMs) * hourMs;
  const endMs = startMs + hours * hourMs;
  let sequence = 0;
  let encoded = 0;
  let stored = 0;
  let alarmMs = Number.POSITIVE_INFINITY;
  const requests = (eventsPerHour * appendMs) / hourMs / 10;
  for (let nowMs = startMs; nowMs < endMs || pending.rows > 0; nowMs += appendMs) {
    if (nowMs < endMs) {
      const rowsOf = new Map<number, number>();
      for (let i = 0; i < requests; i++) {
        const hour = Math.floor((nowMs - lateness(next)) / hourMs) * hourMs;
        rowsOf.set(hour, (rowsOf.get(hour) ?? 0) + 10);
        stored += 10;
      }
      const segments = [...rowsOf].map(([hour, rows]) => {
        const place = { publicKeys: [], at: 0, bytes: 0 };
        return {
          dataset: "events",
          hourMs: hour,
          rows,
          serverRows: rows,
          textLength: rows * textPerRow,
          ...place,
        } as const;
      });
      pending.add(++sequence, 1, { takenAtMs: nowMs, segments });
    }
    if (nowMs >= alarmMs) {
      for (const hour of dueHours(pending.hours(), nowMs, policy)) encoded += publish(pending, parts, hour.hourMs);
    }
    if (alarmMs <= nowMs) alarmMs = Number.POSITIVE_INFINITY;
    const dueMs = nextTickMs(pending.hours(), nowMs, policy);
    if (dueMs !== null) alarmMs = Math.min(alarmMs, Math.max(dueMs, nowMs + policy.publishMs));
  }
  const counts = [...parts.values()].map((list) => list.length);
  return {
    rowsWritten: encoded / stored,
    partsPerHour: counts.reduce((sum, count) => sum + count, 0) / counts.length,
    partsMax: counts.reduce((most, count) => Math.max(most, count), 0),
  };
}

/** Publishes what waits for an hour; returns the rows that its parts were written with. */
function publish(pending: PendingHours, parts: Map<number, PartState[]>, hour: number): number {
  const list = parts.get(hour) ?? [];
  parts.set(hour, list);
  let encoded = 0;
  for (let waiting = pending.hour("events", hour); waiting !== null; waiting = pending.hour("events", hour)) {
    const segments = partPrefix(waiting, partSizeMax);
    const rows = segments.reduce((sum, { segment }) => sum + segment.rows, 0);
    const last = list.at(-1) ?? null;
    const { part, grows } = choosePart(last, { rows, textLength: rows * textPerRow }, partSizeMax);
    const all = rows + (grows && last !== null ? last.rows : 0);
    const sequence = segments.at(-1)?.sequence ?? 0;
    list[part] = { part, rows: all, textLength: all * textPerRow, bytes: 0, closed: false, etag: "", sequence };
    encoded += all;
    pending.confirm("events", hour, sequence);
  }
  return encoded;
}
