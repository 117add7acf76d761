import type { Client } from "../client.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { eventOfRow, type ImportedCall, type RowRules } from "./event-of-row.ts";
import type { Row } from "./row.ts";

/** Rows after which the checkpoint moves. */
const chunkRows = 5000;

/** Why the client drops one event alone; anything else that it drops speaks of the whole import. */
const rowReasons: ReadonlySet<string> = new Set(["event_too_large", "invalid_event", "http_400", "http_413"]);

/** What an import tells while it runs. */
export interface ImportListener {
  /** The checkpoint has moved. */
  readonly checkpoint: (checkpoint: Checkpoint) => void;
  /** A row was refused, here or by the server. */
  readonly refused: (row: number, reason: string) => void;
  /** Rows read so far. */
  readonly progress: (rows: number) => void;
}

/** How an import ended: with everything settled, or because the server refuses the key or the host. */
export type ImportOutcome =
  | { readonly kind: "done"; readonly checkpoint: Checkpoint }
  | { readonly kind: "refused"; readonly reason: string; readonly checkpoint: Checkpoint };

/**
 * Sends the rows behind a checkpoint, as fast as the client takes them. The checkpoint moves in the order of the rows, once
 * everything before it is settled; what is sent again after a crash has the same ids.
 */
export async function runImport(
  rows: AsyncIterable<Row>,
  client: Pick<Client, "ready" | "flush" | "on" | ImportedCall["type"]>,
  rules: RowRules,
  start: Checkpoint,
  listener: ImportListener,
): Promise<ImportOutcome> {
  let checkpoint = start;
  let refusal: string | null = null;
  let settled = Promise.resolve();
  let chunk = newChunk(start.rows);
  const open = new Set([chunk]);

  client.on("result", (result) => {
    if (result.outcome === "delivered") return;
    const { messageId, reason } = result;
    if (result.outcome === "dropped" && !rowReasons.has(reason)) refusal ??= reason;
    const owner = [...open].find(({ rowOfId }) => rowOfId.has(messageId));
    if (owner === undefined) return;
    owner.rejected++;
    listener.refused(owner.rowOfId.get(messageId) ?? 0, reason);
  });

  const endChunk = (): void => {
    const ended = chunk;
    const report = client.flush({ timeoutMs: Infinity });
    settled = settled.then(async () => {
      await report;
      open.delete(ended);
      if (refusal !== null) return;
      checkpoint = movedOver(checkpoint, ended);
      listener.checkpoint(checkpoint);
    });
    chunk = newChunk(ended.last);
    open.add(chunk);
  };

  for await (const row of rows) {
    if (row.number <= start.rows) continue;
    if (refusal !== null) break;
    const event = eventOfRow(row, rules);
    if (event.ok) await client.ready();
    take(chunk, row.number, event.ok ? event.value.messageId : null);
    if (event.ok) call(client, event.value);
    else listener.refused(row.number, event.error);
    listener.progress(row.number);
    if (row.number % chunkRows === 0) endChunk();
  }
  endChunk();
  await settled;
  return refusal === null ? { kind: "done", checkpoint } : { kind: "refused", reason: refusal, checkpoint };
}

/** Rows that the checkpoint passes together. */
interface Chunk {
  readonly rowOfId: Map<string, number>;
  sent: number;
  rejected: number;
  invalid: number;
  last: number;
}

function newChunk(last: number): Chunk {
  return { rowOfId: new Map(), sent: 0, rejected: 0, invalid: 0, last };
}

function take(chunk: Chunk, row: number, messageId: string | null): void {
  chunk.last = row;
  if (messageId === null) {
    chunk.invalid++;
    return;
  }
  chunk.sent++;
  chunk.rowOfId.set(messageId, row);
}

function movedOver(before: Checkpoint, { sent, rejected, invalid, last }: Chunk): Checkpoint {
  return {
    ...before,
    rows: last,
    delivered: before.delivered + sent - rejected,
    rejected: before.rejected + rejected,
    invalid: before.invalid + invalid,
  };
}

function call(client: Pick<Client, ImportedCall["type"]>, { type, ...event }: ImportedCall): void {
  // The server judges whether the row has what its type needs, and says so by row.
  client[type](event as never);
}
