import { writeKeyLengthMax } from "@sluice/schema";
import type { SpoolOptions } from "./spool/spool.ts";

/** What happens to events for which the queue has no room. */
export type WhenFull = "drop_newest" | "drop_oldest";

/** The part of `fetch` that the client needs. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Options of the client. Every limit is a whole number. */
export interface SluiceOptions {
  /** Write key of the source. */
  readonly writeKey: string;
  /** Where the ingest Worker answers, for example `https://in.example.com`. */
  readonly host: string;
  /** Waiting events that make a batch leave; default 100. */
  readonly flushAt?: number | undefined;
  /** Longest time an event waits for its batch to fill, ms; default 5,000, with `waitUntil` 100. */
  readonly flushIntervalMs?: number | undefined;
  /** Events in one batch when many wait; default 1,000. */
  readonly maxBatchEvents?: number | undefined;
  /** Bytes of JSON in one batch; default 450,000. */
  readonly maxBatchBytes?: number | undefined;
  /** Events in memory, those in flight included; default 10,000. */
  readonly maxQueueEvents?: number | undefined;
  /** Bytes of JSON in memory, those in flight included; default 16 MiB. */
  readonly maxQueueBytes?: number | undefined;
  /** What is given up when the queue (and the spool, if there is one) is full; default `drop_newest`. */
  readonly whenFull?: WhenFull | undefined;
  /** Batches in flight; default 4. Each user's events keep their order whatever it is. */
  readonly maxInFlight?: number | undefined;
  /** Compress requests; default true. */
  readonly gzip?: boolean | undefined;
  /** How long one request may take, ms; default 30,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Keeps events on disk, so that they survive the death of the process; default: in memory only. */
  readonly spool?: SpoolOptions | undefined;
  /** How long SIGTERM, SIGINT and the natural end of the process wait for the queue, ms; default 5,000. 0: not at all. */
  readonly exitTimeoutMs?: number | undefined;
  /**
   * Told of a promise that is settled when the events queued so far are; for serverless platforms that stop a function
   * once it has answered (Vercel, Cloudflare Workers).
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  /** An `http.Agent` (for an https host an `https.Agent`) for the connections, for example one that goes through a proxy. */
  readonly agent?: object | undefined;
  /** Sends the requests instead of the platform's own HTTP; takes precedence over `agent`. */
  readonly fetch?: Fetch | undefined;
  /** Takes one line about trouble nobody listens for; default `console.warn`. Never contains keys or event data. */
  readonly log?: ((line: string) => void) | undefined;
}

/** Options of a spool with every default filled in. */
export type ReadSpoolOptions = { readonly [K in keyof SpoolOptions]-?: NonNullable<SpoolOptions[K]> };

/** Options with every default filled in; `null` where there is none. */
export interface ReadOptions {
  readonly writeKey: string;
  readonly host: string;
  readonly flushAt: number;
  readonly flushIntervalMs: number;
  readonly maxBatchEvents: number;
  readonly maxBatchBytes: number;
  readonly maxQueueEvents: number;
  readonly maxQueueBytes: number;
  readonly whenFull: WhenFull;
  readonly maxInFlight: number;
  readonly gzip: boolean;
  readonly requestTimeoutMs: number;
  readonly spool: ReadSpoolOptions | null;
  readonly exitTimeoutMs: number;
  readonly waitUntil: ((promise: Promise<unknown>) => void) | null;
  readonly agent: object | null;
  readonly fetch: Fetch | null;
  readonly log: (line: string) => void;
  /** `none` for imports: their times are not of this machine's clock, so none of them is corrected by it. */
  readonly clock: "learn" | "none";
}

/**
 * How full the queue may be for `ready` to resolve. A quarter of it keeps the connections busy; when more waits, its events live long
 * enough to be taken for old by the garbage collector, which costs memory and time.
 */
export const roomyFullness = 0.25;

/** Default and allowed range of each numeric option. */
const ranges = {
  flushAt: [100, 1, 10_000],
  flushIntervalMs: [5000, 1, 3_600_000],
  maxBatchEvents: [1000, 1, 10_000],
  maxBatchBytes: [450_000, 1000, 7_900_000],
  maxQueueEvents: [10_000, 1, 10_000_000],
  maxQueueBytes: [16 * 1024 * 1024, 100_000, 4 * 1024 * 1024 * 1024],
  maxInFlight: [4, 1, 64],
  requestTimeoutMs: [30_000, 1, 600_000],
  exitTimeoutMs: [5000, 0, 600_000],
} as const satisfies Partial<Record<keyof SluiceOptions, readonly [number, number, number]>>;

/** Default and allowed range of the spool's size, bytes. */
const spoolBytes = [1024 ** 3, 1_000_000, 1024 ** 4] as const;

/** With `waitUntil`, the wait for a batch to fill keeps a function running, which is billed. */
const serverlessFlushIntervalMs = 100;

/** Reads the options of a client. Throws a `TypeError` that names the option at fault; the value is never repeated. */
export function readOptions(options: SluiceOptions): Omit<ReadOptions, "clock"> {
  const given = (options ?? {}) as { readonly [K in keyof SluiceOptions]?: unknown };
  const number = (name: keyof typeof ranges): number => readNumber(given[name], name, ranges[name]);
  const maxQueueEvents = number("maxQueueEvents");
  const maxQueueBytes = number("maxQueueBytes");
  const maxBatchEvents = number("maxBatchEvents");
  const waitUntil = readOptional<ReadOptions["waitUntil"]>(given.waitUntil, "waitUntil", "function", null);
  const isServerless = waitUntil !== null && given.flushIntervalMs === undefined;
  return {
    writeKey: readWriteKey(given.writeKey),
    host: readHost(given.host),
    // A batch never needs more of the queue than those who wait for room leave in it, so that none waits for the other.
    flushAt: Math.min(number("flushAt"), maxBatchEvents, Math.ceil(maxQueueEvents * roomyFullness)),
    flushIntervalMs: isServerless ? serverlessFlushIntervalMs : number("flushIntervalMs"),
    maxBatchEvents,
    maxBatchBytes: Math.min(number("maxBatchBytes"), Math.floor(maxQueueBytes * roomyFullness)),
    maxQueueEvents,
    maxQueueBytes,
    whenFull: readOneOf(given.whenFull, "whenFull", ["drop_newest", "drop_oldest"]),
    maxInFlight: number("maxInFlight"),
    gzip: readOptional(given.gzip, "gzip", "boolean", true),
    requestTimeoutMs: number("requestTimeoutMs"),
    spool: readSpool(given.spool),
    exitTimeoutMs: number("exitTimeoutMs"),
    waitUntil,
    agent: readOptional<object | null>(given.agent, "agent", "object", null),
    fetch: readOptional<Fetch | null>(given.fetch, "fetch", "function", null),
    log: readOptional(given.log, "log", "function", (line: string) => console.warn(line)),
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

function readSpool(value: unknown): ReadSpoolOptions | null {
  if (value === undefined) return null;
  const given = (typeof value === "object" ? value : null) as { readonly [K in keyof SpoolOptions]?: unknown } | null;
  if (typeof given?.directory !== "string" || given.directory === "") {
    throw new TypeError("@sluice/node: option spool.directory must be the path of a folder");
  }
  return {
    directory: given.directory,
    maxBytes: readNumber(given.maxBytes, "spool.maxBytes", spoolBytes),
    when: readOneOf(given.when, "spool.when", ["always", "full"]),
    sync: readOptional(given.sync, "spool.sync", "boolean", false),
  };
}

function readNumber(value: unknown, name: string, range: readonly [number, number, number]): number {
  const [fallback, least, most] = range;
  if (value === undefined) return fallback;
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new TypeError(`@sluice/node: option ${name} must be a whole number from ${least} to ${most}`);
}

/** The first choice is the default. */
function readOneOf<T extends string>(value: unknown, name: string, choices: readonly [T, ...T[]]): T {
  if (value === undefined) return choices[0];
  const choice = choices.find((one) => one === value);
  if (choice !== undefined) return choice;
  throw new TypeError(`@sluice/node: option ${name} must be one of ${choices.join(", ")}`);
}

function readOptional<T>(value: unknown, name: string, type: "boolean" | "function" | "object", fallback: T): T {
  if (value === undefined) return fallback;
  if (typeof value === type && value !== null) return value as T;
  throw new TypeError(`@sluice/node: option ${name} must be ${type === "object" ? "an" : "a"} ${type}`);
}
