/** Bindings, variables and secrets of the analytics Worker; see wrangler.jsonc. */
export interface Env {
  readonly DB: D1Database;
  readonly LAKE: R2Bucket;
  readonly SHARD_LOG: DurableObjectNamespace;
  readonly EDGE: Fetcher;
  readonly CONSUMER: Fetcher;
  /** The queue of the edge's messages: what was kept is sent there again. */
  readonly EVENTS: Queue;
  /** A queue for replays of the lake; absent unless the operator binds one. */
  readonly REPLAY?: Queue;
  readonly LOCAL?: string;
  readonly ROLLUP_SECONDS?: string;
  readonly IDS_PER_PASS?: string;
  readonly LIVE_CACHE_SECONDS?: string;
  readonly INGEST_URL?: string;
  /** Where alerts are posted; none are when absent. Signed with ALERT_SECRET. */
  readonly ALERT_URL?: string;
  readonly ALERT_SECRET?: string;
  readonly ALERT_LAG_SECONDS?: string;
  readonly WRITE_KEY_SECRETS?: string;
  readonly OPERATOR_TOKEN?: string;
}
