/*
 * sluice-queue-consumer: takes queue messages into the shard logs, keeps dead letters, looks after the logs.
 * Called by Cloudflare Queues (events and dead letters), by cron, by analytics (RPC of the log, counters).
 * It never acknowledges a message whose rows are not in a log, or which is not kept as a dead letter.
 */
import { consumeBatch, consumeDeadLetters, type ConsumePorts } from "./shell/consume.ts";
import { answerInternal, type Counters } from "./shell/counters.ts";
import type { Environment } from "./shell/environment.ts";
import { reviveLogs } from "./shell/revive.ts";

export { ShardLog } from "./shell/shard-log.ts";

/** Of this isolate, since it started. */
const counters: Counters = { messagesSettled: 0, messagesInFlight: 0 };

/** What this isolate has learned. */
const shardCounts = new Map<string, number>();

export default {
  async queue(batch, env) {
    const ports: ConsumePorts = {
      lake: env.LAKE,
      logOf: (name) => env.SHARD_LOG.getByName(name),
      random: Math.random,
      counters,
      shardCounts,
    };
    await (batch.queue.endsWith("-dlq") ? consumeDeadLetters(batch, ports) : consumeBatch(batch, ports));
  },

  async scheduled(_controller, env) {
    await reviveLogs(env.LAKE, (name) => env.SHARD_LOG.getByName(name));
  },

  async fetch(request, env) {
    return answerInternal(request, env.OPERATOR_TOKEN, counters);
  },
} satisfies ExportedHandler<Environment>;
