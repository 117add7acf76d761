import { registryKey, type RegistrySnapshot, shardLogName, type ShardLogRpc } from "@sluice/schema";

/** Projects whose logs are asked at the same time; a Worker has six outgoing connections. */
const concurrency = 6;

/**
 * Asks every log of the registry how it is, which makes it set its alarm again if that is gone; opens the shards that the
 * registry has and that are not open yet, in their order. One that does not answer is reported and asked again in the next run.
 *
 * @returns logs that answered, and those that did not.
 */
export async function reviveLogs(
  lake: Pick<R2Bucket, "get">,
  logOf: (name: string) => Pick<ShardLogRpc, "open" | "status">,
): Promise<{ readonly answered: number; readonly failed: number }> {
  const object = await lake.get(registryKey);
  if (object === null) return { answered: 0, failed: 0 };
  const { projects } = await object.json<RegistrySnapshot>();
  let answered = 0;
  let failed = 0;
  for (let at = 0; at < projects.length; at += concurrency) {
    const group = projects.slice(at, at + concurrency);
    const counts = await Promise.all(group.map(({ project, shards }) => reviveProject(project, shards, logOf)));
    for (const count of counts) {
      answered += count.answered;
      failed += count.failed;
    }
  }
  if (failed > 0) console.error(`${failed} of ${answered + failed} logs did not answer`);
  return { answered, failed };
}

/** One shard after the other: a shard is opened when those before it are. */
async function reviveProject(
  project: string,
  shards: number,
  logOf: (name: string) => Pick<ShardLogRpc, "open" | "status">,
): Promise<{ readonly answered: number; readonly failed: number }> {
  let answered = 0;
  for (let shard = 0; shard < shards; shard++) {
    const log = logOf(shardLogName(project, shard));
    try {
      await (shard === 0 ? log.status() : log.open(project, shard));
      answered += 1;
    } catch (error) {
      console.error(`${shardLogName(project, shard)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { answered, failed: shards - answered };
}
