/*
 * Stands in for the other two Workers in this package's tests: a shard log whose outbox the test fills, and the
 * counters of edge and consumer. Called by the test harness only; it is never deployed.
 */
import { DurableObject } from "cloudflare:workers";
import {
  type ChangePage,
  type HourArrivals,
  type HourChange,
  type LedgerRow,
  type LogStatus,
  shardLogName,
  type TailPage,
  type TailRequest,
} from "@sluice/schema";

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
  /** Blocks that the log still holds; rows by name of column. */
  readonly blocks?: readonly TestBlock[];
  readonly droppedThrough?: number;
  readonly arrivals?: HourArrivals;
  /** Every call fails while this is set. */
  readonly isBroken?: boolean;
}

/** Rows of one block for one file. */
export interface TestBlock {
  readonly sequence: number;
  readonly takenAtMs: number;
  readonly dataset: HourChange["dataset"];
  readonly hourMs: number;
  readonly rows: readonly Readonly<Record<string, string | number | boolean | null>>[];
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

  async ledger(): Promise<readonly LedgerRow[]> {
    await this.#outbox();
    return [];
  }

  async arrivals(): Promise<HourArrivals> {
    const { arrivals } = await this.#outbox();
    // Asked day by day, and the same for each: a tally joins them into one.
    return arrivals ?? { streams: [], untracked: [] };
  }

  async tail({ columns, sinceSequence, hours, included }: TailRequest): Promise<TailPage> {
    const { birthId, changes, blocks = [], droppedThrough = 0 } = await this.#outbox();
    const through = new Map(included);
    const wanted = blocks.filter(({ sequence, hourMs, dataset }) => {
      const isAsked = hours === null || (hourMs >= hours.fromMs && hourMs < hours.toMs);
      return isAsked && sequence > sinceSequence && (dataset === "rejected" || sequence > (through.get(hourMs) ?? 0));
    });
    const segments = wanted.flatMap(({ rows, ...block }) => {
      const names = columns[block.dataset];
      return names === undefined ? [] : [{ ...block, rows: rows.map((row) => names.map((name) => row[name] ?? null)) }];
    });
    return {
      birthId,
      segments,
      throughSequence: blocks.at(-1)?.sequence ?? 0,
      hasMore: false,
      droppedThrough,
      publishedThrough: changes.map(({ hourMs, logSequence }) => [hourMs, logSequence] as const),
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
