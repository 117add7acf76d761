/*
 * The Worker of the runtime tests: the real one, whose log can be told to crash, or R2 to fail, at a PUT.
 * A crash is a real one (`abort`).
 */
import { type AppendRequest, shardLogName, type SoughtId, type TailRequest } from "@sluice/schema";
import { openMessage } from "../consume/decode-message.ts";
import { sliceOf } from "../consume/message-slice.ts";
import { routeSlice } from "../consume/route-slice.ts";
import consumer from "../index.ts";
import { packAppend } from "../log/packed-append.ts";
import type { Environment } from "../shell/environment.ts";
import { ShardLog as RealShardLog } from "../shell/shard-log.ts";

/** One call of the log, as the tests ask for it over HTTP. */
export type LogCall =
  | { readonly method: "append"; readonly request: AppendRequest; readonly version?: number }
  | { readonly method: "appendParts"; readonly shards: number; readonly messages: readonly string[] }
  | { readonly method: "flush" | "status" | "loseAlarm" | "rowsWritten" }
  | { readonly method: "open"; readonly project: string; readonly shard: number }
  | { readonly method: "changes" | "ledger" | "arrivals"; readonly from: number; readonly to: number }
  | { readonly method: "tail"; readonly request: TailRequest }
  | { readonly method: "knows"; readonly ids: readonly SoughtId[] }
  | { readonly method: "crashAt"; readonly step: CrashStep; readonly nth: number };

export default {
  ...consumer,
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname !== "/test/log") return consumer.fetch(request, env);
    const shard = Number(url.searchParams.get("shard"));
    const name = shardLogName(url.searchParams.get("project") ?? "", shard);
    const log = (env as unknown as TestEnvironment).SHARD_LOG.getByName(name);
    try {
      return Response.json(await callLog(log, shard, await request.json<LogCall>()));
    } catch (error) {
      return Response.json(String(error), { status: 500 });
    }
  },
} satisfies ExportedHandler<Environment>;

interface TestEnvironment {
  readonly SHARD_LOG: DurableObjectNamespace<ShardLog>;
}

async function callLog(log: DurableObjectStub<ShardLog>, shard: number, call: LogCall): Promise<unknown> {
  switch (call.method) {
    case "append":
      return log.append({
        ...packAppend(call.request),
        ...(call.version === undefined ? {} : { version: call.version }),
      });
    case "appendParts":
      return log.append(packAppend(requestOf(call, shard)));
    case "open":
      return log.open(call.project, call.shard);
    case "flush":
      return log.flush();
    case "status":
      return log.status();
    case "changes":
      return log.changes(call.from, call.to);
    case "ledger":
      return log.ledger(call.from, call.to);
    case "arrivals":
      return log.arrivals(call.from, call.to);
    case "tail":
      return log.tail(call.request);
    case "knows":
      return log.knows(call.ids);
    case "loseAlarm":
      return log.loseAlarm();
    case "rowsWritten":
      return log.rowsWritten();
    case "crashAt":
      return log.crashAt(call.step, call.nth);
  }
}

/** The call of `append` that the consumer makes of messages, given in base64, to one shard of so many. */
function requestOf(call: LogCall & { readonly method: "appendParts" }, shard: number): AppendRequest {
  const slices = call.messages.map((message) => {
    const opened = openMessage(Uint8Array.from(atob(message), (character) => character.charCodeAt(0)));
    if (!opened.ok) throw new Error(`a message does not open: ${opened.error}`);
    return sliceOf(opened.value);
  });
  const parts = slices.flatMap((slice) => routeSlice(slice, call.shards)).filter((part) => part.shard === shard);
  return { project: slices[0]?.receipt.project ?? "", shard, slices: parts.map(({ slice }) => slice) };
}

/**
 * Where a PUT goes wrong. `before_put`, `after_put`: the object crashes (memory is lost, SQL stays).
 * `fail_put`: R2 fails and stores nothing; `lost_reply`: it stores, but the answer is lost.
 * Or a GET of cold ids: `fail_get`: R2 fails; `flush_in_get`: the log folds and moves its ids while the GET is under way.
 */
export type CrashStep = "before_put" | "after_put" | "fail_put" | "lost_reply" | "fail_get" | "flush_in_get";

interface Crash {
  step: CrashStep;
  /** PUTs, or GETs of cold ids, until then. */
  nth: number;
}

/** A log that crashes on demand. */
export class ShardLog extends RealShardLog {
  readonly #crash: { next: Crash | null };

  constructor(ctx: DurableObjectState, env: Environment) {
    const crash: { next: Crash | null } = { next: null };
    countRows(ctx.storage);
    super(ctx, { ...env, LAKE: crashingLake(env.LAKE, ctx, crash, () => this.flush()) });
    this.#crash = crash;
  }

  /** Rows written by all logs of the isolate since it started, alarms aside. */
  async rowsWritten(): Promise<number> {
    return rows.written;
  }

  /** Arms one crash at the nth PUT, or GET of cold ids, from now. */
  async crashAt(step: CrashStep, nth: number): Promise<true> {
    this.#crash.next = { step, nth };
    return true;
  }

  /** Loses the alarm, as the platform does after six failures. */
  async loseAlarm(): Promise<true> {
    await this.ctx.storage.deleteAlarm();
    return true;
  }
}

const rows = { written: 0, isCounted: false };

/** Counts rows on the platform's own prototype, which all objects of the isolate share. */
function countRows(storage: DurableObjectStorage): void {
  if (rows.isCounted) return;
  rows.isCounted = true;
  const prototype = Object.getPrototypeOf(storage.sql) as SqlStorage;
  const exec = Reflect.get(prototype, "exec") as (...call: unknown[]) => SqlStorageCursor<never>;
  prototype.exec = function (this: SqlStorage, ...call: unknown[]) {
    const cursor = Reflect.apply(exec, this, call);
    rows.written += cursor.rowsWritten;
    return cursor;
  };
}

function crashingLake(
  lake: R2Bucket,
  ctx: DurableObjectState,
  crash: { next: Crash | null },
  flush: () => Promise<unknown>,
): R2Bucket {
  const get = async (key: string, options?: R2GetOptions): Promise<R2Object | null> => {
    const { next } = crash;
    const isDue = next !== null && next.step.endsWith("_get") && key.startsWith("seen/") && --next.nth === 0;
    if (isDue && next.step === "fail_get") throw new Error("R2 fails");
    if (isDue) await flush();
    return lake.get(key, options);
  };
  const put = async (...parameters: Parameters<R2Bucket["put"]>): Promise<R2Object | null> => {
    const { next } = crash;
    const isDue = next !== null && !next.step.endsWith("_get") && --next.nth === 0;
    if (isDue && next.step === "before_put") crashNow(ctx);
    if (isDue && next.step === "fail_put") throw new Error("R2 fails");
    const result = await lake.put(...parameters);
    if (isDue && next.step === "after_put") crashNow(ctx);
    if (isDue && next.step === "lost_reply") throw new Error("R2's reply is lost");
    return result;
  };
  return new Proxy(lake, {
    get: (target, name) => {
      if (name === "put") return put;
      if (name === "get") return get;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

function crashNow(ctx: DurableObjectState): never {
  ctx.abort("the test crashes this log");
  throw new Error("crashed");
}
