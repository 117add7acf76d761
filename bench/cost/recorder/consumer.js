// The consumer Worker and its shard logs, counted.
import * as clock from "./clock.js";
import worker, { ShardLog as RealShardLog } from "../../../queue-consumer/src/index.ts";
import { rowTextPerBodyByte } from "../../../queue-consumer/src/log/limits.ts";
import { unpackAppend } from "../../../queue-consumer/src/log/packed-append.ts";
import { count, countedBucket, countStorage, report, within } from "./count.js";

const counted = (env) => ({ ...env, LAKE: countedBucket(env.LAKE) });

export class ShardLog extends RealShardLog {
  constructor(context, env) {
    countStorage(context.storage, clock);
    super(context, counted(env));
  }

  append(packed) {
    return within("log append", () => {
      const { slices, ids } = unpackAppend(packed);
      const bodies = slices.flatMap((slice) => slice.bodies);
      count("slices", slices.length);
      count("rows", ids.ends.length);
      count("row text", bodies.reduce((bytes, body) => bytes + body.bytes, 0) * rowTextPerBodyByte);
      return super.append(packed);
    });
  }

  flush() {
    return within("log flush", () => super.flush());
  }

  status() {
    return within("log status", () => super.status());
  }

  changes(since, limit) {
    return within("log changes", () => super.changes(since, limit));
  }

  alarm() {
    return within("log alarm", () => super.alarm());
  }
}

export default {
  fetch(request, env, context) {
    if (new URL(request.url).pathname === "/counts") return report();
    return within("consumer fetch", () => worker.fetch(request, counted(env), context));
  },
  queue(batch, env) {
    return within("consumer queue", () => {
      count("messages", batch.messages.length);
      return worker.queue(batch, counted(env));
    });
  },
  scheduled(event, env) {
    return within("consumer cron", () => worker.scheduled(event, counted(env)));
  },
};
