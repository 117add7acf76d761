import { parsePartKey, readMeta, readRejected, readRows } from "@sluice/lake";
import type { Delivery } from "../client.ts";
import type { BucketContents, StoredObject } from "../fakes/bucket.ts";

/** A row as the watch keeps it. */
export interface FoundRow {
  /** What makes the event one: key class and message id; of a reject, receipt and index. */
  readonly identity: string;
  /** Number of the event it was made of. */
  readonly number: number;
  readonly source: string;
  readonly receivedHourMs: number;
  readonly timeMs: number;
}

/**
 * How far the time of a phone's event may be off, ms: half a step for the correction of its first batch, a step by which later ones
 * are kept behind it, and what a request can be on its way.
 */
const phoneTimeOffMsMax = 33 * 60_000;

const hourMs = 3_600_000;

/**
 * Looks at every part at the moment it is stored, as a reader who globs the lake at every instant would: no row stands
 * in two parts, none leaves the part it stood in, none is of an event that nobody sent, and each lies in its hour.
 */
export class LakeWatch {
  readonly #deliveries: ReadonlyMap<number, Delivery>;
  readonly #fail: (what: string) => void;
  readonly #parts = new Map<string, readonly FoundRow[]>();
  /** Key of the part that holds an identity. */
  readonly #places = new Map<string, string>();
  #changes: { readonly key: string; readonly now: StoredObject | null }[] = [];

  constructor(bucket: BucketContents, deliveries: ReadonlyMap<number, Delivery>, fail: (what: string) => void) {
    this.#deliveries = deliveries;
    this.#fail = fail;
    bucket.onChange = (key, now) => {
      if (key.startsWith("events/") || key.startsWith("rejected/")) this.#changes.push({ key, now });
    };
  }

  /** All rows of a dataset. */
  rowsOf(dataset: "events" | "rejected"): readonly FoundRow[] {
    return [...this.#parts].flatMap(([key, rows]) => (key.startsWith(`${dataset}/`) ? rows : []));
  }

  get rowCount(): number {
    return this.#places.size;
  }

  /** Looks at what was stored since it was last asked. */
  async check(): Promise<void> {
    const changes = this.#changes;
    this.#changes = [];
    for (const { key, now } of changes) {
      if (now === null) this.#fail(`${key} was deleted`);
      else await this.#checkPart(key, now);
    }
  }

  async #checkPart(key: string, object: StoredObject): Promise<void> {
    const rows = await this.#read(key, object);
    const identities = new Set(rows.map((row) => row.identity));
    if (identities.size !== rows.length) this.#fail(`${key} holds an event twice`);
    for (const { identity } of this.#parts.get(key) ?? []) {
      if (!identities.has(identity)) this.#fail(`${identity} has left ${key}`);
    }
    for (const { identity } of rows) {
      const place = this.#places.get(identity);
      if (place !== undefined && place !== key) this.#fail(`${identity} stands in ${place} and in ${key}`);
      this.#places.set(identity, key);
    }
    this.#parts.set(key, rows);
  }

  async #read(key: string, object: StoredObject): Promise<readonly FoundRow[]> {
    const place = parsePartKey(key);
    if (place === null) {
      this.#fail(`${key} is no part's key`);
      return [];
    }
    const file = object.bytes.slice().buffer;
    const meta = await readMeta(file);
    if (meta.dataset !== place.dataset) this.#fail(`${key} says that it is ${meta.dataset}`);
    return place.dataset === "events"
      ? this.#readEvents(key, place.hourMs, file)
      : this.#readRejected(place.hourMs, file);
  }

  async #readEvents(key: string, partHourMs: number, file: ArrayBuffer): Promise<FoundRow[]> {
    const columns = [
      "message_id",
      "key_kind",
      "time",
      "properties",
      "type",
      "event",
      "source",
      "received_time",
      "traits",
    ] as const;
    const rows = await readRows(file, [...columns, "anonymous_id", "user_id", "receipt_id", "receipt_index"]);
    return rows.map((row) => {
      const properties = JSON.parse(row.properties ?? "{}") as { n?: number };
      const number = properties.n ?? (JSON.parse(row.traits ?? "{}") as { n?: number }).n ?? -1;
      const delivery = this.#deliveries.get(number);
      if (delivery === undefined || delivery.sent === 0) this.#fail(`${key} holds an event that nobody sent`);
      const { event } = delivery ?? {};
      const sent = event?.json ?? {};
      const id = event?.messageId ?? `${row.receipt_id}-${row.receipt_index}`;
      if (event?.isValid === false) this.#fail(`event ${number} is stored but was refused`);
      if (event !== undefined && id !== row.message_id) this.#fail(`event ${number} has the id ${row.message_id}`);
      const isSame =
        row.type === sent["type"] &&
        row.event === (sent["event"] ?? (row.type === "page" || row.type === "screen" ? row.event : null)) &&
        row.anonymous_id === (sent["anonymousId"] ?? null) &&
        row.user_id === (sent["userId"] ?? null) &&
        row.key_kind === event?.keyKind &&
        JSON.stringify(properties) === JSON.stringify(sent["properties"] ?? {});
      if (!isSame) this.#fail(`event ${number} is not in ${key} as it was sent`);
      if (event?.phone === undefined) {
        this.#checkHour(row, event?.timeMs ?? row.received_time, partHourMs, number);
      } else {
        const offMs = row.time - event.phone.calledMs;
        if (Math.abs(offMs) > phoneTimeOffMsMax) this.#fail(`event ${number} is filed ${offMs} ms after its call`);
        if (hourOf(row.time) !== partHourMs) this.#fail(`event ${number} lies in the wrong hour`);
      }
      return {
        identity: `${row.key_kind} ${row.message_id}`,
        number,
        source: row.source,
        receivedHourMs: hourOf(row.received_time),
        timeMs: row.time,
      };
    });
  }

  /** The hour of its own time, if it has one; under a public key, of the receipt's for events older than 30 days. */
  #checkHour(
    row: { readonly time: number; readonly key_kind: string; readonly received_time: number },
    timeMs: number,
    partHourMs: number,
    number: number,
  ): void {
    const isOld = row.key_kind === "public" && timeMs < row.received_time - 30 * 24 * hourMs;
    const expected = isOld ? row.received_time : timeMs;
    if (row.time !== expected) this.#fail(`event ${number} has the time ${row.time}, not ${expected}`);
    if (hourOf(expected) !== partHourMs) this.#fail(`event ${number} lies in the wrong hour`);
  }

  async #readRejected(partHourMs: number, file: ArrayBuffer): Promise<FoundRow[]> {
    const rows = await readRejected(file, ["receipt_id", "receipt_index", "received_time", "raw", "source"]);
    return rows.map((row) => {
      const raw = JSON.parse(row.raw ?? "{}") as { properties?: { n?: number } };
      const number = raw.properties?.n ?? -1;
      const event = this.#deliveries.get(number)?.event;
      if (event === undefined || event.isValid) this.#fail(`event ${number} is kept as rejected but was accepted`);
      if (hourOf(row.received_time) !== partHourMs) this.#fail(`the reject of event ${number} lies in the wrong hour`);
      const identity = `${row.receipt_id}-${row.receipt_index}`;
      return {
        identity: `rejected ${identity}`,
        number,
        source: row.source,
        receivedHourMs: hourOf(row.received_time),
        timeMs: row.received_time,
      };
    });
  }
}

export function hourOf(ms: number): number {
  return Math.floor(ms / hourMs) * hourMs;
}
