import { registryKey, type RegistrySnapshot, shardLogName, type ShardLogRpc } from "@sluice/schema";

/** Logs asked at the same time; a Worker has six outgoing connections. */
const concurrency = 6;

/**
 * Asks every log of the registry how it is, which makes it set its alarm again if that is gone.
 * One that does not answer is reported and asked again in a minute.
 *
 * @returns logs that answered, and those that did not.
 */
export async function reviveLogs(
  lake: Pick<R2Bucket, "get">,
  logOf: (name: string) => Pick<ShardLogRpc, "status">,
): Promise<{ readonly answered: number; readonly failed: number }> {
  const object = await lake.get(registryKey);
  if (object === null) return { answered: 0, failed: 0 };
  const names = logNames(await object.json<RegistrySnapshot>());
  let answered = 0;
  let failed = 0;
  for (let at = 0; at < names.length; at += concurrency) {
    const group = names.slice(at, at + concurrency);
    for (const result of await Promise.allSettled(group.map((name) => logOf(name).status()))) {
      if (result.status === "fulfilled") answered += 1;
      else failed += 1;
    }
  }
  if (failed > 0) console.error(`${failed} of ${names.length} logs did not answer`);
  return { answered, failed };
}

function logNames(registry: RegistrySnapshot): readonly string[] {
  return registry.projects.flatMap((entry) =>
    Array.from({ length: entry.shards }, (_, shard) => shardLogName(entry.project, shard)),
  );
}
