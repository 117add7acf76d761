import type { EngineOptions } from "@sluice/core";
import { writeKeyLengthMax } from "@sluice/schema";

/** Options of {@link Sluice}. Every limit is a whole number. */
export interface SluiceOptions extends Pick<
  EngineOptions,
  "writeKey" | "flushAt" | "flushIntervalMs" | "maxBatchBytes" | "maxQueueEvents" | "maxQueueBytes" | "maxInFlight"
> {
  /** Where the ingest Worker answers, for example `https://in.example.com`. */
  readonly host: string;
  /** Compress requests; default true. */
  readonly gzip?: boolean | undefined;
  /** How long one request may take, ms; default 30,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Takes one line about trouble nobody listens for; default `console.warn`. Never contains keys or event data. */
  readonly log?: ((line: string) => void) | undefined;
}

/** Options with every default filled in. */
export type ReadOptions = { readonly [K in keyof SluiceOptions]-?: NonNullable<SluiceOptions[K]> };

/** Default and allowed range of each numeric option. */
const ranges = {
  flushAt: [100, 1, 10_000],
  flushIntervalMs: [5000, 1, 3_600_000],
  maxBatchBytes: [450_000, 1000, 7_900_000],
  maxQueueEvents: [10_000, 1, 10_000_000],
  maxQueueBytes: [16 * 1024 * 1024, 100_000, 4 * 1024 * 1024 * 1024],
  maxInFlight: [4, 1, 64],
  requestTimeoutMs: [30_000, 1, 600_000],
} as const satisfies Partial<Record<keyof SluiceOptions, readonly [number, number, number]>>;

/** Reads the options of a client. Throws a `TypeError` that names the option at fault; the value is never repeated. */
export function readOptions(options: SluiceOptions): ReadOptions {
  const given = (options ?? {}) as { readonly [K in keyof SluiceOptions]?: unknown };
  const maxQueueEvents = readNumber(given.maxQueueEvents, "maxQueueEvents");
  const maxQueueBytes = readNumber(given.maxQueueBytes, "maxQueueBytes");
  return {
    writeKey: readWriteKey(given.writeKey),
    host: readHost(given.host),
    gzip: readOptional(given.gzip, "gzip", "boolean", true),
    log: readOptional(given.log, "log", "function", (line: string) => console.warn(line)),
    // A batch never needs more than half the queue, so that waiting for room cannot stall it.
    flushAt: Math.min(readNumber(given.flushAt, "flushAt"), Math.ceil(maxQueueEvents / 2)),
    flushIntervalMs: readNumber(given.flushIntervalMs, "flushIntervalMs"),
    maxBatchBytes: Math.min(readNumber(given.maxBatchBytes, "maxBatchBytes"), Math.floor(maxQueueBytes / 2)),
    maxQueueEvents,
    maxQueueBytes,
    maxInFlight: readNumber(given.maxInFlight, "maxInFlight"),
    requestTimeoutMs: readNumber(given.requestTimeoutMs, "requestTimeoutMs"),
  };
}

function readWriteKey(value: unknown): string {
  if (typeof value === "string" && value !== "" && value.length <= writeKeyLengthMax) return value;
  throw new TypeError("@sluice/node: option writeKey must be the write key of a source, as text");
}

function readHost(value: unknown): string {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol) || url.search !== "" || url.hash !== "") {
    throw new TypeError("@sluice/node: option host must be an http or https URL, for example https://in.example.com");
  }
  return url.href.replace(/\/+$/, "");
}

function readNumber(value: unknown, name: keyof typeof ranges): number {
  const [fallback, least, most] = ranges[name];
  if (value === undefined) return fallback;
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new TypeError(`@sluice/node: option ${name} must be a whole number from ${least} to ${most}`);
}

function readOptional<T>(value: unknown, name: string, type: "boolean" | "function", fallback: T): T {
  if (value === undefined) return fallback;
  if (typeof value === type) return value as T;
  throw new TypeError(`@sluice/node: option ${name} must be a ${type}`);
}
