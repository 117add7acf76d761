// A shard log that counts the rows it writes: GET /?events=N&perAppend=N&perFlush=N appends fresh events, and publishes.
import { gzipSync } from "node:zlib";
import { encodeQueueMessage, shardLogName } from "../../schema/src/index.ts";
import { openMessage } from "../../queue-consumer/src/consume/decode-message.ts";
import { packAppend } from "../../queue-consumer/src/log/packed-append.ts";
import { sliceOf } from "../../queue-consumer/src/consume/message-slice.ts";
import { ShardLog as RealShardLog } from "../../queue-consumer/src/shell/shard-log.ts";

let written = 0;
let isCounted = false;

export class ShardLog extends RealShardLog {
  constructor(context, env) {
    if (!isCounted) {
      isCounted = true;
      const prototype = Object.getPrototypeOf(context.storage.sql);
      const { exec } = prototype;
      prototype.exec = function (...call) {
        const cursor = exec.apply(this, call);
        written += cursor.rowsWritten;
        return cursor;
      };
    }
    super(context, env);
  }

  /** The bench flushes at its own pace. */
  alarm() {
    return Promise.resolve();
  }
}

export default {
  async fetch(request, env) {
    const { searchParams } = new URL(request.url);
    const [from, to, perAppend, perFlush] = ["from", "to", "perAppend", "perFlush"].map((name) =>
      Number(searchParams.get(name)),
    );
    const log = env.SHARD_LOG.getByName(shardLogName("shop", 0));
    for (let at = from; at < to; at += perAppend) {
      const result = await log.append(appendOf(at, perAppend));
      if (result.stored !== perAppend) throw new Error(`${result.stored} of ${perAppend} events were stored`);
      if ((at + perAppend) % perFlush === 0) await log.flush();
    }
    return Response.json({ written });
  },
};

function appendOf(first, count) {
  const nowMs = Date.now();
  const batch = Array.from({ length: count }, (_, i) => ({
    type: "track",
    event: "Product Viewed",
    messageId: `ajs-next-${nowMs}-${first + i}`,
    timestamp: new Date(nowMs).toISOString(),
    anonymousId: `visitor ${(first + i) % 997}`,
  }));
  const receipt = {
    receiptId: `r${first}`,
    receivedAtMs: nowMs,
    isolateId: "isolate",
    sequence: first,
    project: "shop",
    source: "web",
    keyKind: "public",
    keySerial: 1,
    sentAtMs: nowMs,
    clockOffsetMs: 0,
    geo: { country: "AT", region: null, city: null },
    ip: null,
    userAgent: null,
    impliedType: null,
    firstIndex: 0,
    eventCount: count,
    rejected: [],
    rulesVersion: 1,
  };
  const opened = openMessage(encodeQueueMessage({ receipt, body: gzipSync(JSON.stringify({ batch })) }));
  if (!opened.ok) throw new Error(opened.error);
  return packAppend({ project: "shop", shard: 0, slices: [sliceOf(opened.value)] });
}
