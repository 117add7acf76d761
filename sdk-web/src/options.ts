import type { CallOptions, Fields } from "@sluice/core";
import type { Notice, WebFlushReport } from "./notices.ts";

/** Whether the visitor has agreed to be counted: yes, no, or not asked yet. */
export type Consent = "granted" | "denied" | "pending";

/**
 * What happens to calls while consent is `pending`: they are dropped; held in memory until it is granted; or sent with an
 * id that lives as long as the page, without user id, which becomes the visitor's own id when consent is granted.
 * In none of them is anything read from or written to the device.
 */
export type PendingMode = "drop" | "hold" | "anonymous";

/** Options of `createClient`. A bad one throws a `TypeError` that names it. */
export interface WebOptions {
  /** Where the ingest Worker answers: `https://in.example.com`, or a path of the page's own origin such as `/events`. */
  readonly host: string;
  /** Public write key of the source. */
  readonly writeKey: string;
  /** Events that make a batch; default 100. */
  readonly flushAt?: number;
  /** Longest time an event waits for its batch to fill, ms; default 2,000. */
  readonly flushIntervalMs?: number;
  /** Characters of JSON that may wait, those of earlier pages included; default 2,000,000. Then new events are dropped. */
  readonly maxQueueCharacters?: number;
  /** Consent at the start; default `granted`. */
  readonly consent?: Consent;
  /** What happens to calls while consent is pending; default `hold`. */
  readonly pending?: PendingMode;
  /** Nothing is kept on the device: ids live as long as the page. Default `false`. */
  readonly cookieless?: boolean;
  /** Whether Global Privacy Control means `denied`; default `false`. */
  readonly gpc?: boolean;
  /** Whether Do Not Track means `denied`; default `false`. */
  readonly dnt?: boolean;
  /** Whether a change of address by `history` is a page view; default `false`. The first view is the page's to record. */
  readonly pageViews?: boolean;
  /** Whether another campaign begins another session; default `false`. */
  readonly campaignSessions?: boolean;
}

/** Options with what was left out written in. */
export type CompleteOptions = WebOptions &
  Required<Pick<WebOptions, "flushAt" | "flushIntervalMs" | "maxQueueCharacters" | "consent" | "pending">>;

/** Changes or drops events, and is told what becomes of them. What it throws is ignored. */
export interface Plugin {
  /** Called with every event before it is queued; returns it, another one, or `null` to drop it. */
  readonly before?: (event: Record<string, unknown>) => object | null;
  /** Called with every outcome, and with every pause (`outcome: "retry"`). */
  readonly after?: (notice: Notice) => void;
}

/** Rest of the arguments of `track`: properties may be left out when none is required. */
type TrackArguments<Properties> =
  Record<never, never> extends Properties
    ? [properties?: Properties | undefined, options?: CallOptions]
    : [properties: Properties, options?: CallOptions];

/**
 * The Sluice client of a page. Methods return at once and never throw. Every call may end with `options`:
 * `messageId`, `timestamp`, `context`.
 *
 * @typeParam Events properties of each event by its name; by default any name and any properties.
 */
export interface WebClient<Events extends object = Record<string, Fields>> {
  /** Somebody did something: `track("Product Added", { sku: "A1" })`. */
  track<Name extends keyof Events & string>(event: Name, ...rest: TrackArguments<Events[Name]>): void;
  /** Says who this is; the user id goes with every later event until `reset`. Without id only traits are sent. */
  identify(userId?: string, traits?: Fields, options?: CallOptions): void;
  /** A page was seen; address, title and referrer are added. */
  page(name?: string, properties?: Fields, options?: CallOptions): void;
  /** A screen was seen. */
  screen(name?: string, properties?: Fields, options?: CallOptions): void;
  /** This user belongs to a group. */
  group(groupId: string, traits?: Fields, options?: CallOptions): void;
  /** `userId` is the person known as `previousId` (default: the current user or anonymous id). */
  alias(userId: string, previousId?: string, options?: CallOptions): void;
  /** Adds properties to every later track, page and screen of this visitor, on later pages too, until `reset`. */
  register(properties: Fields): void;
  /** Forgets the user: a new anonymous id, a new session, no registered properties. */
  reset(): void;
  /** Consent has changed. `denied` drops what waits and forgets what is kept of the visitor. */
  setConsent(consent: Consent): void;
  /** Adds a plugin; returns what removes it. */
  use(plugin: Plugin): () => void;
  /** Listens to one kind of outcome; returns what ends the listening. What a listener throws is ignored. */
  on<Outcome extends Notice["outcome"]>(
    outcome: Outcome,
    listener: (notice: Extract<Notice, { outcome: Outcome }>) => void,
  ): () => void;
  /** Calls back once the script has loaded, which in the npm package is at once. */
  ready(callback: () => void): void;
  /** Sends everything now; resolves when it is settled, or after `timeoutMs` (default 10,000). Never rejects. */
  flush(timeoutMs?: number): Promise<WebFlushReport>;
  /** The anonymous id of this browser, which is `given` from now on where one is given; "" where there is no page. */
  anonymousId(given?: string): string;
}
