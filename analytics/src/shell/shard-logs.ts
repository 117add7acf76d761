import { type HourChange, shardLogName, type ShardLogRpc } from "@sluice/schema";
import type { Env } from "./env.ts";
import type { Cursor, ProjectState } from "./rollup-store.ts";

/** Changes asked for at once. */
const pageChanges = 1_000;
/** Pages of one shard's outbox that one run takes; the rest waits for the next. */
const pagesMax = 5;

/** The stub of a shard's log. The consumer implements {@link ShardLogRpc}; the binding cannot say so across scripts. */
export function shardLog(env: Pick<Env, "SHARD_LOG">, project: string, shard: number): ShardLogRpc {
  const stub = env.SHARD_LOG.get(env.SHARD_LOG.idFromName(shardLogName(project, shard)));
  return stub as unknown as ShardLogRpc;
}

/** What the logs of a project have published since the cursors. */
export interface ProjectChanges {
  readonly changes: readonly HourChange[];
  /** Cursors behind these changes, of the shards that have any. */
  readonly cursors: ReadonlyMap<number, Cursor>;
  /** Whether a log has more than one run takes. */
  readonly hasMore: boolean;
}

/** Reads the outboxes of a project's logs, from the stored cursors on. */
export async function projectChanges(env: Pick<Env, "SHARD_LOG">, state: ProjectState): Promise<ProjectChanges> {
  const changes: HourChange[] = [];
  const cursors = new Map<number, Cursor>();
  let hasMore = false;
  for (let shard = 0; shard < state.shards; shard++) {
    const read = await shardChanges(shardLog(env, state.project, shard), state.cursors.get(shard) ?? null);
    for (const change of read.changes) changes.push(change);
    if (read.cursor !== null) cursors.set(shard, read.cursor);
    hasMore ||= read.hasMore;
  }
  return { changes, cursors, hasMore };
}

async function shardChanges(
  log: ShardLogRpc,
  from: Cursor | null,
): Promise<{ changes: HourChange[]; cursor: Cursor | null; hasMore: boolean }> {
  const changes: HourChange[] = [];
  let cursor = from;
  for (let page = 0; page < pagesMax; page++) {
    const { changes: next, birthId } = await log.changes(cursor?.change ?? 0, pageChanges);
    if (cursor !== null && cursor.birthId !== birthId) {
      cursor = { birthId, change: 0 }; // the log began anew, and so does its outbox
      continue;
    }
    const last = next.at(-1);
    if (last === undefined) return { changes, cursor: cursor === from ? null : cursor, hasMore: false };
    for (const change of next) changes.push(change);
    cursor = { birthId, change: last.change };
  }
  return { changes, cursor, hasMore: true };
}
