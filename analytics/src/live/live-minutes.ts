import { compareText } from "@sluice/lake";
import { isActiveType } from "../cells.ts";
import { keepEarliest, type Link } from "../identity.ts";
import type { LiveRow } from "./live-row.ts";

/** Minutes of the live view. */
const liveMinutes = 30;
const minuteMs = 60_000;
/** Names and sources that an answer lists; the rest is summed up. */
const topMax = 20;

/** One minute of receipt. */
interface Minute {
  readonly start: string;
  readonly events: number;
  readonly activeUsers: number;
}

interface Count {
  readonly name: string;
  readonly events: number;
}

/** The reply of `GET /v1/live`. Minutes are of receipt, so that none changes later but the last few. */
export interface LiveAnswer {
  readonly project: string;
  readonly asOf: string;
  readonly from: string;
  /** Whether all events of these minutes are counted: a busier project is answered for the newest only. */
  readonly complete: boolean;
  readonly events: number;
  readonly activeUsers: number;
  readonly minutes: readonly Minute[];
  readonly bySource: readonly Count[];
  /** By event name; of other types than track by the type, in brackets. */
  readonly byName: readonly Count[];
}

/** Start (ms) of the first minute of the live view. */
export function liveFromMs(nowMs: number): number {
  return Math.floor(nowMs / minuteMs) * minuteMs - (liveMinutes - 1) * minuteMs;
}

/**
 * Events and active users of the last 30 minutes. A user is its user id, else the user id that an identify of these minutes
 * gave to the anonymous id, else the anonymous id.
 *
 * @param isWhole whether `rows` holds every event of these minutes.
 */
export function liveAnswer(project: string, rows: readonly LiveRow[], nowMs: number, isWhole: boolean): LiveAnswer {
  const fromMs = liveFromMs(nowMs);
  const within = rows.filter((row) => row.received_time >= fromMs && row.received_time <= nowMs + minuteMs);
  const userOf = userNames(within);
  const counts = Array.from({ length: liveMinutes }, () => ({ events: 0, users: new Set<string>() }));
  const users = new Set<string>();
  const sources = new Map<string, number>();
  const names = new Map<string, number>();
  for (const row of within) {
    const minute = counts[Math.min(liveMinutes - 1, Math.floor((row.received_time - fromMs) / minuteMs))];
    if (minute === undefined) continue;
    minute.events += 1;
    increase(sources, row.source);
    increase(names, row.event ?? `(${row.type})`);
    const user = isActiveType(row.type) && !row.is_bot ? userOf(row) : null;
    if (user === null) continue;
    minute.users.add(user);
    users.add(user);
  }
  return {
    project,
    asOf: new Date(nowMs).toISOString(),
    from: new Date(fromMs).toISOString(),
    complete: isWhole,
    events: within.length,
    activeUsers: users.size,
    minutes: counts.map((minute, i) => ({
      start: new Date(fromMs + i * minuteMs).toISOString(),
      events: minute.events,
      activeUsers: minute.users.size,
    })),
    bySource: top(sources),
    byName: top(names),
  };
}

function userNames(rows: readonly LiveRow[]): (row: LiveRow) => string | null {
  const links = new Map<string, Link>();
  for (const { type, user_id: userId, anonymous_id: anonymousId, time: timeMs, message_id: messageId } of rows) {
    if (type !== "identify" || userId === null || anonymousId === null) continue;
    keepEarliest(links, { anonymousId, userId, timeMs, messageId, isAlias: false });
  }
  return ({ user_id: userId, anonymous_id: anonymousId }) => {
    if (userId !== null || anonymousId === null) return userId;
    return links.get(anonymousId)?.userId ?? anonymousId;
  };
}

function increase(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** The largest, the larger first; further ones are summed up under the name "…". */
function top(counts: ReadonlyMap<string, number>): Count[] {
  const sorted = [...counts].sort(([a, x], [b, y]) => y - x || compareText(a, b));
  const kept = sorted.slice(0, topMax).map(([name, events]) => ({ name, events }));
  const rest = sorted.slice(topMax).reduce((sum, [, events]) => sum + events, 0);
  return rest === 0 ? kept : [...kept, { name: "…", events: rest }];
}
