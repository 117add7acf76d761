import type { CallOptions, EngineOptions, Fields, FlushReport } from "@sluice/core";
import type { Acknowledgement, MobileNotice } from "./notices.ts";
import type { MobileAppState, MobileFetch, MobileLinking, MobileNetInfo, MobileStorage } from "./ports.ts";

/** Whether the user has agreed to be counted: yes, no, or not asked yet. */
export type Consent = "granted" | "denied" | "pending";

/**
 * What happens to calls while consent is `pending`: they are dropped; held in memory until it is granted; or sent with an
 * id that lives as long as the process, without user id, which becomes the device's own id when consent is granted and the
 * device has none yet. In none of them is anything read from or written to the device.
 */
export type PendingMode = "drop" | "hold" | "anonymous";

/** Options of `createClient`. A bad one throws a `TypeError` that names it. */
export interface MobileOptions extends Pick<EngineOptions, "writeKey"> {
  /** Where the ingest Worker answers, for example `https://in.example.com`. */
  readonly host: string;
  /** Where events and ids are kept over restarts: AsyncStorage, or `mmkvStorage(mmkv)`. */
  readonly storage: MobileStorage;
  /** React Native's `AppState`: what waits is sent when the app leaves the foreground. */
  readonly appState?: MobileAppState;
  /** NetInfo, if the app has it: a pause ends when the network is back, and `context.network` names its kind. */
  readonly netInfo?: MobileNetInfo;
  /** React Native's `Linking`: `Application Opened` names the link that launched the app. */
  readonly linking?: MobileLinking;
  /** Whether `Application Installed`, `Updated`, `Opened` and `Backgrounded` are recorded; needs `appState`. Default `false`. */
  readonly lifecycleEvents?: boolean;
  /** Added to the context of every event: `deviceContext(…)`. Version and build of the app are taken from its `app`. */
  readonly context?: Fields;
  /** Events that make a batch; default 50. */
  readonly flushAt?: number;
  /** Longest time an event waits for its batch to fill, ms; default 10,000. */
  readonly flushIntervalMs?: number;
  /** Events that may wait, those of earlier runs included; default 10,000. Then new events are dropped. */
  readonly maxQueueEvents?: number;
  /** Bytes of JSON that may wait, those of earlier runs included; default 4 MiB. Then new events are dropped. */
  readonly maxQueueBytes?: number;
  /** Consent at the start; default `granted`. */
  readonly consent?: Consent;
  /** What happens to calls while consent is pending; default `hold`. */
  readonly pending?: PendingMode;
  /** Whether request bodies are compressed; default `true`. */
  readonly gzip?: boolean;
  /** Default: the global `fetch`. */
  readonly fetch?: MobileFetch;
  /** Fills a buffer with random bytes; default `crypto.getRandomValues`, else `Math.random`. */
  readonly random?: (bytes: Uint8Array<ArrayBuffer>) => void;
}

/** Changes or drops events, and is told what becomes of them. What it throws is ignored. */
export interface MobilePlugin {
  /** Called with every event before it is queued; returns it, another one, or `null` to drop it. */
  readonly before?: (event: Record<string, unknown>) => object | null;
  /** Called with every outcome, and with every pause (`outcome: "retry"`). */
  readonly after?: (notice: MobileNotice) => void;
}

/** Rest of the arguments of `track`: properties may be left out when none is required. */
type TrackArguments<Properties> =
  Record<never, never> extends Properties
    ? [properties?: Properties | undefined, options?: CallOptions]
    : [properties: Properties, options?: CallOptions];

/**
 * The Sluice client of an app. A call resolves when its event is on disk, and never rejects; it need not be awaited. Every
 * call may end with `options`: `messageId`, `timestamp`, `context`.
 *
 * @typeParam Events properties of each event by its name; by default any name and any properties.
 */
export interface MobileClient<Events extends object = Record<string, Fields>> {
  /** Somebody did something: `track("Product Added", { sku: "A1" })`. */
  track<Name extends keyof Events & string>(
    event: Name,
    ...rest: TrackArguments<Events[Name]>
  ): Promise<Acknowledgement>;
  /** Says who this is; the user id goes with every later event until `reset`. Without id only traits are sent. */
  identify(userId?: string, traits?: Fields, options?: CallOptions): Promise<Acknowledgement>;
  /** A screen was seen. */
  screen(name: string, properties?: Fields, options?: CallOptions): Promise<Acknowledgement>;
  /** This user belongs to a group. */
  group(groupId: string, traits?: Fields, options?: CallOptions): Promise<Acknowledgement>;
  /** `userId` is the person known as `previousId` (default: the current user or anonymous id). */
  alias(userId: string, previousId?: string, options?: CallOptions): Promise<Acknowledgement>;
  /** Adds properties to every later track and screen of this user, in later runs too, until `reset`. */
  register(properties: Fields): void;
  /** Forgets the user: a new anonymous id, a new session, no registered properties. */
  reset(): void;
  /** Consent has changed. `denied` drops what waits and forgets what is kept on the device. */
  setConsent(consent: Consent): void;
  /** Adds a plugin; returns what removes it. */
  use(plugin: MobilePlugin): () => void;
  /** Listens to one kind of outcome; returns what ends the listening. What a listener throws is ignored. */
  on<Outcome extends MobileNotice["outcome"]>(
    outcome: Outcome,
    listener: (notice: Extract<MobileNotice, { outcome: Outcome }>) => void,
  ): () => void;
  /** Sends everything now; resolves when it is settled, or after `timeoutMs` (default 10,000). Never rejects. */
  flush(timeoutMs?: number): Promise<FlushReport>;
  /** The anonymous id of this device, once the storage has answered; it is `given` from now on where one is given. */
  anonymousId(given?: string): Promise<string>;
  /** Stops listening and sending; what is not delivered stays on disk for the next start. */
  close(): void;
}
