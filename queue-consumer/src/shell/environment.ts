import type { ShardLog } from "./shard-log.ts";

/** Bindings, variables and secrets of the Worker; see wrangler.jsonc. */
export interface Environment {
  readonly LAKE: R2Bucket;
  readonly SHARD_LOG: DurableObjectNamespace<ShardLog>;
  readonly PUBLISH_SECONDS: string;
  readonly PUBLISH_OLD_SECONDS: string;
  readonly PUBLISH_OLD_ROWS: string;
  readonly LIVE_SECONDS: string;
  readonly COOL_SECONDS: string;
  readonly COOL_IDS: string;
  /** Absent until the operator sets it; then the internal endpoints answer 404. */
  readonly OPERATOR_TOKEN?: string;
}
