import type { D1Database, Queue, R2Bucket, RateLimit } from "@cloudflare/workers-types";

/** The bindings, variables and secrets of the Worker, as wrangler.jsonc and `wrangler secret put` set them. */
export interface Env {
  readonly EVENTS: QueuePort;
  readonly LAKE: LakePort;
  /** Holds the registry's version, which is all that is read of it; without it the snapshot itself is looked at each time. */
  readonly DB?: DatabasePort;
  /** The brake by key and address; without it nothing is braked. */
  readonly BRAKE?: RateLimitPort;
  /** Seconds between two looks at the registry; 30 when it is no positive number. */
  readonly REGISTRY_REFRESH_SECONDS?: string;
  /** "1" in the local pipeline, where one isolate is all there is and may be drained. */
  readonly LOCAL?: string;
  /** Public addresses of this edge, comma-separated origins; boot replies name one of them. Without it, `INGEST_URL`. */
  readonly INGEST_HOSTS?: string;
  readonly INGEST_URL?: string;
  /** Seconds that a body may take to arrive; 20 when it is no positive number. */
  readonly BODY_SECONDS?: string;
  /** "on", "off", or "" for on where deployed and off where `LOCAL` is "1". */
  readonly BRAKE_MODE?: string;
  /** Share of requests that leave a log line, 0 to 1; 0.001 when it is none. */
  readonly LOG_SAMPLE?: string;
  /** Secrets by which a first-party proxy is believed, comma separated; without one, no proxy is. */
  readonly PROXY_SECRETS?: string;
  /** Secrets that write keys are signed with, comma separated; any of them verifies. */
  readonly WRITE_KEY_SECRETS?: string;
  /** Bearer token of the internal paths; without it they do not exist. */
  readonly OPERATOR_TOKEN?: string;
}

/** What the edge needs of the queue. */
export type QueuePort = Pick<Queue, "send">;

/** What the edge needs of D1. */
export type DatabasePort = Pick<D1Database, "prepare">;

/** What the edge needs of the rate-limit binding. */
export type RateLimitPort = Pick<RateLimit, "limit">;

/** What the edge needs of R2: the registry, and a place for messages that the queue does not take. */
export type LakePort = Pick<R2Bucket, "get" | "put" | "list" | "delete">;
