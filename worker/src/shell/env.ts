import type { Queue, R2Bucket } from "@cloudflare/workers-types";

/** The bindings, variables and secrets of the Worker, as wrangler.jsonc and `wrangler secret put` set them. */
export interface Env {
  readonly EVENTS: QueuePort;
  readonly LAKE: LakePort;
  /** Seconds between two looks at the registry; 30 when it is no positive number. */
  readonly REGISTRY_REFRESH_SECONDS?: string;
  /** "1" in the local pipeline, where one isolate is all there is and may be drained. */
  readonly LOCAL?: string;
  /** Secrets that write keys are signed with, comma separated; any of them verifies. */
  readonly WRITE_KEY_SECRETS?: string;
  /** Bearer token of the internal paths; without it they do not exist. */
  readonly OPERATOR_TOKEN?: string;
}

/** What the edge needs of the queue. */
export type QueuePort = Pick<Queue, "send">;

/** What the edge needs of R2: the registry, and a place for messages that the queue does not take. */
export type LakePort = Pick<R2Bucket, "get" | "put" | "list" | "delete">;
