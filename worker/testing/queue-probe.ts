/*
 * A consumer for the tests of the edge: stores every queue message, byte for byte, in the bucket under `probe/`,
 * where the tests read it. Started by wrangler's test harness beside the real Worker; never deployed.
 */
import type { MessageBatch, R2Bucket } from "@cloudflare/workers-types";

interface ProbeEnv {
  readonly LAKE: Pick<R2Bucket, "put">;
}

export default {
  async queue(batch: MessageBatch, env: ProbeEnv): Promise<void> {
    for (const message of batch.messages) {
      const key = `probe/${String(message.timestamp.getTime())}-${message.id}`;
      await env.LAKE.put(key, message.body as ArrayBuffer);
    }
  },
};
