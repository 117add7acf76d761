// The consumer's way into the real shard log, and the floor under it: POST /log and POST /floor take queue messages, each
// behind its length in four bytes; GET /publish publishes; GET /rows tells the rows that the log has written.
import { DurableObject } from "cloudflare:workers";
import { gunzipSync } from "node:zlib";
import { decodeQueueMessage } from "@sluice/schema";
import { planAppends } from "../../queue-consumer/src/consume/append-requests.ts";
import { packAppend } from "../../queue-consumer/src/log/packed-append.ts";
import { openMessage } from "../../queue-consumer/src/consume/decode-message.ts";
import { sliceOf } from "../../queue-consumer/src/consume/message-slice.ts";
import { ShardLog as RealShardLog } from "../../queue-consumer/src/shell/shard-log.ts";

/** Every statement's cursor of this isolate: it tells its rows once it is read. An object may be evicted, and begin anew. */
const cursors = [];

export class ShardLog extends RealShardLog {
  constructor(context, env) {
    const prototype = Object.getPrototypeOf(context.storage.sql);
    if (cursors.length === 0) {
      const { exec } = prototype;
      prototype.exec = function (...parameters) {
        const cursor = exec.apply(this, parameters);
        cursors.push(cursor);
        return cursor;
      };
    }
    super(context, env);
  }
}

/** One blob for each call. */
export class FloorLog extends DurableObject {
  insert(blob) {
    this.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS blocks (sequence INTEGER PRIMARY KEY, data BLOB)");
    this.ctx.storage.sql.exec("INSERT INTO blocks (data) VALUES (?)", blob);
  }
}

export default {
  async fetch(request, env) {
    const log = env.SHARD_LOG.getByName("shop:0");
    switch (new URL(request.url).pathname) {
      case "/log":
        await append(log, messagesIn(await request.arrayBuffer()));
        break;
      case "/floor":
        await insert(env.FLOOR_LOG.getByName("floor"), await request.arrayBuffer());
        break;
      case "/publish":
        while ((await log.flush()).pendingRows > 0);
        return Response.json(await log.changes(0, 1000));
      case "/rows":
        return Response.json(cursors.reduce((sum, cursor) => sum + cursor.rowsWritten, 0));
    }
    return new Response("ok");
  },
};

function messagesIn(body) {
  const view = new DataView(body);
  const messages = [];
  for (let at = 0; at < body.byteLength;) {
    const length = view.getUint32(at);
    messages.push(new Uint8Array(body, at + 4, length));
    at += 4 + length;
  }
  return messages;
}

async function append(log, messages) {
  const entries = messages.map((message) => {
    const opened = openMessage(message);
    if (!opened.ok) throw new Error(opened.error);
    return { message, shard: 0, slice: sliceOf(opened.value) };
  });
  for (const { request } of planAppends(entries)) await log.append(packAppend(request));
}

/** The least that storing events takes: unpack and parse them, and put them away as one blob. */
async function insert(log, body) {
  const decoder = new TextDecoder();
  for (const message of messagesIn(body)) {
    const { value } = decodeQueueMessage(message);
    JSON.parse(decoder.decode(gunzipSync(value.body)));
  }
  for (let at = 0; at < body.byteLength; at += 1_900_000) await log.insert(body.slice(at, at + 1_900_000));
}
