import { parsePartKey, readMeta, readRejected, readRows } from "@sluice/lake";
import type { Json } from "@sluice/schema";
import type { TestBucket } from "./harness.ts";

/** One row as tests look at it. */
export interface FoundEvent {
  readonly messageId: string;
  readonly keyKind: string;
  readonly part: number;
  readonly hourMs: number;
}

/** All events of a project in the lake, ordered by id. Asserts that each part lies where its rows say. */
export async function eventsIn(lake: TestBucket, project: string): Promise<readonly FoundEvent[]> {
  const found: FoundEvent[] = [];
  for (const { key, file } of await filesIn(lake, `events/project=${project}/`)) {
    const place = parsePartKey(key);
    if (place === null) throw new Error(`${key} is no part`);
    for (const row of await readRows(file, ["message_id", "key_kind", "time"])) {
      if (row.time < place.hourMs || row.time >= place.hourMs + 3_600_000) throw new Error(`${key} holds ${row.time}`);
      found.push({
        messageId: row.message_id,
        keyKind: row.key_kind,
        part: place.part,
        hourMs: place.hourMs,
      });
    }
  }
  return found.sort((a, b) => (a.messageId < b.messageId ? -1 : 1));
}

/** Ids of all events of a project in the lake, ordered, duplicates included. */
export async function idsIn(lake: TestBucket, project: string): Promise<readonly string[]> {
  return (await eventsIn(lake, project)).map((event) => event.messageId);
}

/** All rejects of a project in the lake, in order of their index. */
export async function rejectsIn(lake: TestBucket, project: string): Promise<readonly Record<string, Json>[]> {
  const found: Record<string, Json>[] = [];
  for (const { file } of await filesIn(lake, `rejected/project=${project}/`)) {
    for (const row of await readRejected(file, ["receipt_id", "receipt_index", "reason", "raw"]))
      found.push({ ...row });
  }
  return found.sort((a, b) => Number(a["receipt_index"]) - Number(b["receipt_index"]));
}

/** Keys of a project's parts of events, ordered. */
export async function partKeysIn(lake: TestBucket, project: string): Promise<readonly string[]> {
  return (await lake.list({ prefix: `events/project=${project}/` })).objects.map((object) => object.key).sort();
}

async function filesIn(lake: TestBucket, prefix: string): Promise<readonly { key: string; file: ArrayBuffer }[]> {
  const files: { key: string; file: ArrayBuffer }[] = [];
  for (const { key } of (await lake.list({ prefix })).objects) {
    const object = await lake.get(key);
    if (object === null) throw new Error(`${key} vanished`);
    const file = await object.arrayBuffer();
    await readMeta(file); // throws for what is no part
    files.push({ key, file });
  }
  return files;
}
