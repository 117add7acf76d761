/*
 * The Worker of the runtime tests: the real one, whose log can be told to crash, or R2 to fail, at a PUT.
 * A crash is a real one (`abort`).
 */
import { type AppendRequest, shardLogName, type SoughtId } from "@sluice/schema";
import consumer from "../index.ts";
import type { Environment } from "../shell/environment.ts";
import { ShardLog as RealShardLog } from "../shell/shard-log.ts";

/** One call of the log, as the tests ask for it over HTTP. */
export type LogCall =
  | { readonly method: "append"; readonly request: AppendRequest }
  | { readonly method: "flush" | "status" | "loseAlarm" }
  | { readonly method: "changes" | "ledger" | "arrivals"; readonly from: number; readonly to: number }
  | { readonly method: "knows"; readonly ids: readonly SoughtId[] }
  | { readonly method: "crashAt"; readonly step: CrashStep; readonly nth: number };

export default {
  ...consumer,
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname !== "/test/log") return consumer.fetch(request, env);
    const log = (env as unknown as TestEnvironment).SHARD_LOG.getByName(
      shardLogName(url.searchParams.get("project") ?? "", 0),
    );
    try {
      return Response.json(await callLog(log, await request.json<LogCall>()));
    } catch (error) {
      return Response.json(String(error), { status: 500 });
    }
  },
} satisfies ExportedHandler<Environment>;

interface TestEnvironment {
  readonly SHARD_LOG: DurableObjectNamespace<ShardLog>;
}

async function callLog(log: DurableObjectStub<ShardLog>, call: LogCall): Promise<unknown> {
  switch (call.method) {
    case "append":
      return log.append(call.request);
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
    case "knows":
      return log.knows(call.ids);
    case "loseAlarm":
      return log.loseAlarm();
    case "crashAt":
      return log.crashAt(call.step, call.nth);
  }
}

/**
 * Where a PUT goes wrong. `before_put`, `after_put`: the object crashes (memory is lost, SQL stays).
 * `fail_put`: R2 fails and stores nothing; `lost_reply`: it stores, but the answer is lost.
 */
export type CrashStep = "before_put" | "after_put" | "fail_put" | "lost_reply";

interface Crash {
  step: CrashStep;
  /** PUTs until then. */
  nth: number;
}

/** A log that crashes on demand. */
export class ShardLog extends RealShardLog {
  readonly #crash: { next: Crash | null };

  constructor(ctx: DurableObjectState, env: Environment) {
    const crash: { next: Crash | null } = { next: null };
    super(ctx, { ...env, LAKE: crashingLake(env.LAKE, ctx, crash) });
    this.#crash = crash;
  }

  /** Arms one crash at the nth PUT from now. */
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

function crashingLake(lake: R2Bucket, ctx: DurableObjectState, crash: { next: Crash | null }): R2Bucket {
  const put = async (...parameters: Parameters<R2Bucket["put"]>): Promise<R2Object | null> => {
    const { next } = crash;
    const isDue = next !== null && --next.nth === 0;
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
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

function crashNow(ctx: DurableObjectState): never {
  ctx.abort("the test crashes this log");
  throw new Error("crashed");
}
