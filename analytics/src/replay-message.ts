import { eventColumns, rejectedColumns } from "@sluice/lake";
import type { Dataset } from "@sluice/schema";

/** Version of the message; docs/ledger.md states the format. */
export const replayVersion = 1;

/** Bytes of one message's rows; a queue takes messages of 128,000 bytes, metadata included. */
const messageBytesMax = 120_000;

/** Rows of one part, as a consumer of a replay receives them. */
export interface ReplayMessage {
  readonly format: "sluice-replay";
  readonly version: typeof replayVersion;
  readonly dataset: Dataset;
  readonly project: string;
  /** Part and version that the rows were read from; with `firstRow` they name the message. */
  readonly key: string;
  readonly etag: string;
  readonly firstRow: number;
  /** Rows by the columns of lake/FORMAT.md, without those that are null: times in ms since 1970, decimals and JSON as text. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** A message as text, and its size. */
export interface ReplayText {
  readonly text: string;
  readonly bytes: number;
}

/** Names of a dataset's columns. */
export const columnNames = {
  events: eventColumns.map((column) => column.name),
  rejected: rejectedColumns.map((column) => column.name),
} as const;

/** Packs rows into messages of bounded size, in order. A row alone always fits: an event has at most 32 KiB. */
export function replayMessages(
  place: Omit<ReplayMessage, "format" | "version" | "firstRow" | "rows">,
  rows: readonly object[],
  firstRow: number,
): readonly ReplayText[] {
  const encoder = new TextEncoder();
  const messages: ReplayText[] = [];
  let texts: string[] = [];
  let bytes = 0;
  let first = firstRow;
  const headOf = (at: number): string => {
    const head = { format: "sluice-replay", version: replayVersion, ...place, firstRow: at };
    return JSON.stringify(head).slice(0, -1);
  };
  const close = (): void => {
    if (texts.length === 0) return;
    const text = `${headOf(first)},"rows":[${texts.join(",")}]}`;
    messages.push({ text, bytes: encoder.encode(text).length });
    first += texts.length;
    texts = [];
    bytes = 0;
  };
  for (const row of rows) {
    const text = JSON.stringify(Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)));
    const size = encoder.encode(text).length + 1;
    if (bytes + size > messageBytesMax) close();
    texts.push(text);
    bytes += size;
  }
  close();
  return messages;
}
