/*
 * A corpus of hostile requests, for the tests of the edge: bodies, parcels, values and headers that break careless servers.
 * Large ones are made here, not stored. Each says which answers are right; none of them is ever 5xx.
 */
export * from "./gzip.ts";
export * from "./headers.ts";
export * from "./json.ts";

/** A hostile body. */
export interface HostileBody {
  readonly name: string;
  readonly body: string | Uint8Array;
  /** The answers that are right, under a public and under a server key. */
  readonly statuses: readonly number[];
}
