import { decodeQueueMessage, type LedgerRow } from "@sluice/schema";
import type { World } from "../world.ts";
import { hourOf, type LakeWatch } from "./lake-watch.ts";

/** What entered the queue, by source and hour of receipt: each message once, however often it came. */
export class TakenMessages {
  readonly #seen = new Set<string>();
  /** Events by source and hour. */
  readonly counts = new Map<string, number>();

  add(body: Uint8Array): void {
    const message = decodeQueueMessage(body);
    if (!message.ok) throw new Error("the edge sent a message that nobody can read");
    const { receiptId, firstIndex, source, receivedAtMs, eventCount } = message.value.receipt;
    const slice = `${receiptId} ${firstIndex}`;
    if (this.#seen.has(slice)) return;
    this.#seen.add(slice);
    addTo(this.counts, `${source} ${hourOf(receivedAtMs)}`, eventCount);
  }
}

/** The ledgers of all logs, asked past the network; `null` where a log does not run just now. */
export async function ledgerNow(world: World): Promise<readonly LedgerRow[] | null> {
  const rows: LedgerRow[] = [];
  for (const object of world.objects.all.values()) {
    const own = (await object.peek("ledger", [0, Number.MAX_SAFE_INTEGER])) as readonly LedgerRow[] | null;
    if (own === null) return null;
    rows.push(...own);
  }
  return rows;
}

/** What must hold of a ledger at every instant, or `null` where it does: each row balances, and it covers the lake. */
export function ledgerFault(ledger: readonly LedgerRow[], lake: LakeWatch): string | null {
  let kept = 0;
  for (const row of ledger) {
    kept += row.stored + row.rejected;
    if (row.received === row.stored + row.duplicate + row.rejected) continue;
    return `the ledger does not balance: ${JSON.stringify(row)}`;
  }
  return lake.rowCount <= kept ? null : `the lake holds ${lake.rowCount} rows, the ledger ${kept}`;
}

/** What must hold when everything has been taken and published: the ledger is what entered the queue and what the lake holds. */
export function finalLedgerFault(ledger: readonly LedgerRow[], taken: TakenMessages, lake: LakeWatch): string | null {
  const received = new Map<string, number>();
  const stored = new Map<string, number>();
  for (const row of ledger) {
    addTo(received, `${row.source} ${row.hourMs}`, row.received);
    addTo(stored, `${row.source} ${row.hourMs}`, row.stored + row.rejected);
  }
  const inLake = new Map<string, number>();
  for (const row of [...lake.rowsOf("events"), ...lake.rowsOf("rejected")]) {
    addTo(inLake, `${row.source} ${row.receivedHourMs}`, 1);
  }
  return (
    difference("received, by source and hour, against the queue", received, taken.counts) ??
    difference("stored and rejected, by source and hour, against the lake", stored, inLake)
  );
}

/** Requests that were refused, of all of which a single later message tells: a request is at most some of the 50 messages. */
const refusalsToldMin = 10;

interface ServedRow {
  readonly source: string;
  readonly hour: string;
  readonly received: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly inFlight: number;
  readonly suspectedLost: number | null;
}

/**
 * What must hold of the ledger that analytics serves when everything has arrived: it balances, nothing that entered the
 * queue is missing, and nothing is said to be on its way, unless an edge died over messages that it had numbered, or refused more
 * than it could tell of until its last one.
 */
export function servedLedgerFault(
  served: unknown,
  taken: TakenMessages,
  edge: Pick<World, "edgeDeaths" | "refusals">,
): string | null {
  const isAllTold = edge.edgeDeaths === 0 && edge.refusals <= refusalsToldMin;
  const { rows } = served as { readonly rows: readonly ServedRow[] };
  for (const row of rows) {
    const settled = row.stored + row.duplicate + row.rejected;
    const known = settled + row.inFlight + (row.suspectedLost ?? 0);
    if (row.received !== known) return `the served ledger does not balance: ${JSON.stringify(row)}`;
    const entered = taken.counts.get(`${row.source} ${Date.parse(row.hour)}`) ?? 0;
    if (isAllTold && known > settled) return `the served ledger misses what never was: ${JSON.stringify(row)}`;
    if (settled < entered) return `the served ledger lacks ${entered - settled}: ${JSON.stringify(row)}`;
  }
  return null;
}

function difference(
  what: string,
  ours: ReadonlyMap<string, number>,
  theirs: ReadonlyMap<string, number>,
): string | null {
  for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
    const [a, b] = [ours.get(key) ?? 0, theirs.get(key) ?? 0];
    if (a !== b) return `the ledger's ${what}: ${a} against ${b} of ${key}`;
  }
  return null;
}

function addTo(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
