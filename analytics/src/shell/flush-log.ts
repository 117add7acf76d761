import type { ShardLogRpc } from "@sluice/schema";

/** Calls for one log, each of which publishes for a bounded time. */
const flushCallsMax = 20;

/** Publishes what one log holds; returns the rows that have left it. */
export async function flushLog(log: Pick<ShardLogRpc, "flush" | "status">): Promise<number> {
  const before = await log.status();
  let after = await log.flush();
  for (let calls = 1; after.pendingRows > 0 && calls < flushCallsMax; calls++) {
    const { lastChange } = after;
    after = await log.flush();
    if (after.lastChange === lastChange) break; // nothing of it can be published now
  }
  return Math.max(0, before.pendingRows - after.pendingRows);
}
