import { compareText, formatDecimal, type Row, scaledOf } from "@sluice/lake";
import { isObject, type Json } from "@sluice/schema";
import { type FirstSeen, representative } from "./identity.ts";
import { countedEvents } from "./metrics.ts";

/** Traits of a profile; later ones of a user with more are left out. */
const traitsMax = 500;

/** The columns of an entry of the timeline. */
export const timelineColumns = [
  ...["message_id", "type", "event", "name", "time", "user_id", "anonymous_id", "session_id", "source"],
  ...["page_url", "campaign_source", "country", "city", "device_class", "os_name", "browser_name", "app_version"],
  ...["locale", "is_bot", "revenue", "currency", "properties", "traits"],
] as const satisfies readonly (keyof Row)[];

/** A row as the timeline needs it. */
export type TimelineRow = Pick<Row, (typeof timelineColumns)[number]>;

/** Where an entry stands: by time, then by message id. */
export type TimelinePosition = readonly [number, string];

/** What is known of a user over the rows given, in any order. */
export class UserProfile {
  readonly #currency: string;
  readonly #limit: number;
  readonly #before: TimelinePosition | null;
  readonly #ids: ReadonlySet<string>;
  readonly #firstSeen = new Map<string, FirstSeen>();
  #events = 0;
  #first: TimelineRow | null = null;
  #last: TimelineRow | null = null;
  #newest: TimelineRow[] = [];
  #hasMore = false;
  readonly #names = new Map<string, number>();
  readonly #traits = new Map<string, { readonly at: TimelinePosition; readonly value: Json }>();
  readonly #revenue = new Map<string, bigint>();

  /**
   * @param currency of events that state none.
   * @param limit entries of the timeline, the newest ones before `before`.
   * @param ids that aliases join to the user's.
   */
  constructor(currency: string, limit: number, before: TimelinePosition | null, ids: readonly string[]) {
    this.#ids = new Set(ids);
    this.#currency = currency;
    this.#limit = limit;
    this.#before = before;
  }

  add(row: TimelineRow): void {
    this.#events += 1;
    if (this.#first === null || comparePositions(at(row), at(this.#first)) < 0) this.#first = row;
    if (this.#last === null || comparePositions(at(row), at(this.#last)) > 0) this.#last = row;
    const name = row.event ?? row.type;
    if (this.#names.has(name) || this.#names.size < traitsMax) this.#names.set(name, (this.#names.get(name) ?? 0) + 1);
    for (const id of [row.user_id, row.anonymous_id]) if (id !== null && this.#ids.has(id)) this.#see(id, row);
    this.#addTraits(row);
    this.#addRevenue(row);
    if (this.#before !== null && comparePositions(at(row), this.#before) >= 0) return;
    this.#newest.push(row);
    if (this.#newest.length > 2 * this.#limit + 100) this.#trim();
  }

  get events(): number {
    return this.#events;
  }

  /** The id that stands for the user: of those that aliases join, the one whose first event here is earliest, then the smallest. */
  get representative(): string | null {
    return representative([...this.#ids], this.#firstSeen);
  }

  /** The profile, and a page of the timeline, newest first. */
  result(): { readonly profile: object; readonly timeline: readonly object[]; readonly next: TimelinePosition | null } {
    this.#trim();
    const last = this.#newest.at(-1);
    return {
      profile: {
        events: this.#events,
        firstSeen: timeText(this.#first),
        lastSeen: timeText(this.#last),
        names: Object.fromEntries(named(this.#names)),
        revenue: Object.fromEntries([...this.#revenue].sort().map(([currency, sum]) => [currency, formatDecimal(sum)])),
        traits: Object.fromEntries(named(this.#traits).map(([name, { value }]) => [name, value])),
        latest: latestOf(this.#last),
      },
      timeline: this.#newest.map(entryOf),
      next: this.#hasMore && last !== undefined ? at(last) : null,
    };
  }

  #see(id: string, row: TimelineRow): void {
    const [timeMs, messageId] = at(row);
    const held = this.#firstSeen.get(id);
    if (held === undefined || comparePositions(at(row), [held.timeMs, held.messageId]) < 0) {
      this.#firstSeen.set(id, { timeMs, messageId });
    }
  }

  #trim(): void {
    this.#newest.sort((a, b) => comparePositions(at(b), at(a)));
    if (this.#newest.length > this.#limit) this.#hasMore = true;
    this.#newest = this.#newest.slice(0, this.#limit);
  }

  /** Each trait is that of the latest identify call that states it. */
  #addTraits(row: TimelineRow): void {
    if (row.type !== "identify" || row.traits === null) return;
    const traits = JSON.parse(row.traits) as Json;
    if (!isObject(traits)) return;
    for (const [name, value] of Object.entries(traits)) {
      const held = this.#traits.get(name);
      if (held === undefined && this.#traits.size === traitsMax) continue;
      if (held === undefined || comparePositions(at(row), held.at) > 0) this.#traits.set(name, { at: at(row), value });
    }
  }

  /** As the KPI revenue counts it: refunds lower it. */
  #addRevenue({ type, event, revenue, currency }: TimelineRow): void {
    const isOrder = event === countedEvents.orderCompleted;
    if (type !== "track" || !(isOrder || event === countedEvents.orderRefunded)) return;
    const micros = scaledOf(revenue ?? "0");
    const key = currency ?? this.#currency;
    this.#revenue.set(key, (this.#revenue.get(key) ?? 0n) + (isOrder ? micros : -micros));
  }
}

function named<Value>(entries: ReadonlyMap<string, Value>): (readonly [string, Value])[] {
  return [...entries].sort(([a], [b]) => compareText(a, b));
}

function at(row: TimelineRow): TimelinePosition {
  return [row.time, row.message_id];
}

function comparePositions(a: TimelinePosition, b: TimelinePosition): number {
  return a[0] - b[0] || compareText(a[1], b[1]);
}

function timeText(row: TimelineRow | null): string | null {
  return row === null ? null : new Date(row.time).toISOString();
}

function latestOf(row: TimelineRow | null): object | null {
  if (row === null) return null;
  const { country, city, device_class, os_name, browser_name, app_version, locale } = row;
  return {
    country,
    city,
    deviceClass: device_class,
    osName: os_name,
    browserName: browser_name,
    appVersion: app_version,
    locale,
  };
}

function entryOf(row: TimelineRow): object {
  return {
    time: new Date(row.time).toISOString(),
    messageId: row.message_id,
    type: row.type,
    event: row.event,
    name: row.name,
    userId: row.user_id,
    anonymousId: row.anonymous_id,
    sessionId: row.session_id,
    source: row.source,
    pageUrl: row.page_url,
    isBot: row.is_bot,
    revenue: row.revenue,
    currency: row.currency,
    properties: row.properties === null ? null : (JSON.parse(row.properties) as Json),
  };
}
