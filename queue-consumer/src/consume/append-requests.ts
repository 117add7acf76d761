import { type AppendRequest, type AppendRow, type AppendSlice, shardLogName } from "@sluice/schema";
import { groupBy } from "../group-by.ts";
import type { Chunk } from "./message-rows.ts";

/** A message on its way into a log; `Message` is whatever the caller acknowledges. */
export interface MessageChunks<Message> {
  readonly message: Message;
  readonly project: string;
  readonly shard: number;
  readonly chunks: readonly Chunk[];
}

/** One call of `append`, and the messages that have chunks in it. */
export interface PlannedAppend<Message> {
  readonly log: string;
  readonly request: AppendRequest;
  readonly messages: readonly MessageChunks<Message>[];
  /** The message of each of the request's slices. */
  readonly owners: readonly MessageChunks<Message>[];
}

/** JSON text of one call, in characters: two bytes each in the worst case, and an RPC takes 32 MB. */
const requestTextLengthMax = 8_000_000;

/**
 * Groups messages by log and packs each group into as few calls as the bound allows. A message with several
 * chunks may stand in several calls: it is done when all of them are.
 */
export function planAppends<Message>(messages: readonly MessageChunks<Message>[]): readonly PlannedAppend<Message>[] {
  const groups = groupBy(messages, (entry) => shardLogName(entry.project, entry.shard));
  return [...groups].flatMap(([log, group]) => planGroup(log, group));
}

function planGroup<Message>(log: string, group: readonly MessageChunks<Message>[]): readonly PlannedAppend<Message>[] {
  const plans: PlannedAppend<Message>[] = [];
  let open = newRequest();
  const close = (): void => {
    const [first] = open.messages;
    if (first === undefined) return;
    const { slices, rows } = open;
    const request = { project: first.project, shard: first.shard, slices, rows };
    plans.push({ log, request, messages: [...open.messages], owners: open.owners });
    open = newRequest();
  };
  for (const entry of group) {
    for (const chunk of entry.chunks) {
      if (open.textLength + chunk.textLength > requestTextLengthMax) close();
      const slice = open.slices.push(chunk.slice) - 1;
      open.owners.push(entry);
      for (const row of chunk.rows) open.rows.push({ slice, ...row });
      open.textLength += chunk.textLength;
      open.messages.add(entry);
    }
  }
  close();
  return plans;

  function newRequest() {
    const slices: AppendSlice[] = [];
    const rows: AppendRow[] = [];
    const owners: MessageChunks<Message>[] = [];
    return { slices, rows, owners, textLength: 0, messages: new Set<MessageChunks<Message>>() };
  }
}
