/*
 * Stands in for the other two Workers in this package's tests: a shard log whose outbox the test fills, and the
 * counters of edge and consumer. Called by the test harness only; it is never deployed.
 */
import { DurableObject } from "cloudflare:workers";
import { type ChangePage, type HourChange, type LogStatus, shardLogName } from "@sluice/schema";

interface PipelineEnv {
  readonly SHARD_LOG: DurableObjectNamespace<ShardLog>;
  readonly MESSAGES_SENT?: string;
  readonly MESSAGES_SETTLED?: string;
}

/** What a test puts into the log. */
export interface Outbox {
  readonly project: string;
  readonly birthId: string;
  readonly changes: readonly HourChange[];
  readonly pendingRows: number;
  /** Every call fails while this is set. */
  readonly isBroken?: boolean;
}

/** The methods that analytics calls. */
export class ShardLog extends DurableObject<PipelineEnv> {
  async fill(outbox: Outbox): Promise<void> {
    await this.ctx.storage.put("outbox", JSON.stringify(outbox));
  }

  async changes(sinceChange: number, limit: number): Promise<ChangePage> {
    const { birthId, changes } = await this.#outbox();
    return { birthId, changes: changes.filter((change) => change.change > sinceChange).slice(0, limit) };
  }

  async flush(): Promise<LogStatus> {
    const outbox = await this.#outbox();
    await this.fill({ ...outbox, pendingRows: 0 });
    return this.status();
  }

  async status(): Promise<LogStatus> {
    const { birthId, changes, pendingRows } = await this.#outbox();
    return {
      birthId,
      shards: 0,
      pendingRows,
      logSequence: 0,
      lastChange: changes.at(-1)?.change ?? 0,
      databaseBytes: 0,
    };
  }

  async #outbox(): Promise<Outbox> {
    const text = await this.ctx.storage.get<string>("outbox");
    const outbox: Outbox =
      text === undefined ? { project: "", birthId: "none", changes: [], pendingRows: 0 } : (JSON.parse(text) as Outbox);
    if (outbox.isBroken === true) throw new Error("the log is broken");
    return outbox;
  }
}

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/fill") {
      const outbox = (await request.json()) as Outbox;
      await env.SHARD_LOG.get(env.SHARD_LOG.idFromName(shardLogName(outbox.project, 0))).fill(outbox);
      return new Response(null, { status: 204 });
    }
    if (url.pathname !== "/v1/internal/counters") return new Response(null, { status: 404 });
    return Response.json({
      messagesSent: Number(env.MESSAGES_SENT ?? "0"),
      messagesSettled: Number(env.MESSAGES_SETTLED ?? "0"),
      messagesInFlight: 0,
    });
  },
} satisfies ExportedHandler<PipelineEnv>;
