import { type AppendRequest, type AppendSlice, shardLogName } from "@sluice/schema";
import { groupBy } from "../group-by.ts";

/** A message on its way into a log; `Message` is whatever the caller acknowledges. */
export interface MessageSlice<Message> {
  readonly message: Message;
  readonly shard: number;
  readonly slice: AppendSlice;
}

/** One call of `append`, and its messages. */
export interface PlannedAppend<Message> {
  readonly log: string;
  readonly request: AppendRequest;
  readonly messages: readonly MessageSlice<Message>[];
}

/** Bytes of one call: an RPC takes 32 MB, and what it carries is in memory at both ends. One message has less. */
export const requestBytesMax = 12_000_000;

/** Groups messages by log and packs each group into as few calls as the bound allows. */
export function planAppends<Message>(messages: readonly MessageSlice<Message>[]): readonly PlannedAppend<Message>[] {
  const groups = groupBy(messages, ({ slice, shard }) => shardLogName(slice.receipt.project, shard));
  return [...groups].flatMap(([log, group]) => planGroup(log, group));
}

function planGroup<Message>(log: string, group: readonly MessageSlice<Message>[]): readonly PlannedAppend<Message>[] {
  const calls: MessageSlice<Message>[][] = [];
  let bytes = 0;
  for (const entry of group) {
    const size = sliceBytes(entry.slice);
    const call = calls.at(-1);
    if (call === undefined || bytes + size > requestBytesMax) {
      calls.push([entry]);
      bytes = size;
    } else {
      call.push(entry);
      bytes += size;
    }
  }
  return calls.flatMap((entries) => {
    const [first] = entries;
    if (first === undefined) return [];
    const slices = entries.map(({ slice }) => slice);
    const request = { project: first.slice.receipt.project, shard: first.shard, slices };
    return [{ log, request, messages: entries }];
  });
}

/** Bytes of an event beside its id and body, of a body beside its gzip, and of a segment, in a call; all generous. */
const entryBytes = 24;

/** Size of a slice in a call. */
export function sliceBytes({ receiptJson, bodies, segments, events }: AppendSlice): number {
  const entries = 1 + segments.length + bodies.length + events.positions.length;
  let bytes = receiptJson.length + events.ids.bytes.length + entries * entryBytes;
  for (const body of bodies) bytes += body.gzip.length;
  return bytes;
}
