/*
 * @sluice/schema: the contract that every other package builds on.
 * Called by all of them: SDKs for types and limits, the edge for verdicts and packing,
 * the consumer for unpacking, everybody for names of things that cross a boundary.
 * It never does I/O, reads a clock, draws a random number or depends on a package.
 */
export * from "./arrivals.ts";
export * from "./clock.ts";
export * from "./event.ts";
export * from "./ip.ts";
export * from "./json.ts";
export * from "./limits.ts";
export * from "./message-id.ts";
export * from "./queue-codec.ts";
export * from "./reasons.ts";
export * from "./receipt.ts";
export * from "./registry.ts";
export * from "./result.ts";
export * from "./shard-log.ts";
export * from "./tail.ts";
export * from "./shard-route.ts";
export * from "./time.ts";
export * from "./undated-bucket.ts";
export * from "./verdict.ts";
export * from "./wire.ts";
export * from "./write-key.ts";
