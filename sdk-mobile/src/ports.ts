import type { EngineOptions, EventResult } from "@sluice/core";

/** The part of `@react-native-async-storage/async-storage` that is used; anything alike will do. */
export interface MobileStorage {
  getItem(key: string): Promise<string | null>;
  setItem(key: string, value: string): Promise<void>;
  removeItem(key: string): Promise<void>;
  getAllKeys(): Promise<readonly string[]>;
}

/** The part of React Native's `AppState` that is used. */
export interface MobileAppState {
  addEventListener(type: "change", listener: (state: string) => void): { remove(): void };
}

/** The part of `@react-native-community/netinfo` that is used. */
export interface MobileNetInfo {
  addEventListener(listener: (state: { readonly isConnected: boolean | null }) => void): () => void;
}

/** The part of `fetch` that is used. */
export type MobileFetch = (
  url: string,
  init: { readonly method: string; readonly headers: Record<string, string>; readonly body: string },
) => Promise<{
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}>;

/** Options of `createClient`. */
export interface MobileOptions extends Pick<
  EngineOptions,
  "writeKey" | "flushAt" | "flushIntervalMs" | "maxQueueEvents" | "maxQueueBytes"
> {
  /** Where the ingest Worker answers, for example `https://in.example.com`. */
  readonly host: string;
  /** Where events and ids are kept over restarts, for example AsyncStorage. */
  readonly storage: MobileStorage;
  /** React Native's `AppState`; events are sent when the app leaves the foreground. */
  readonly appState?: MobileAppState;
  /** NetInfo, if the app has it; a pause ends when the network is back. */
  readonly netInfo?: MobileNetInfo;
  /** Default: the global `fetch`. */
  readonly fetch?: MobileFetch;
  /** Fills a buffer with random bytes; default `crypto.getRandomValues`, else `Math.random`. */
  readonly random?: (bytes: Uint8Array<ArrayBuffer>) => void;
  /** Added to the context of every event: app, os, device, locale, timezone. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Told of every event that was delivered, rejected or dropped. What it throws is ignored. */
  readonly onResult?: (result: EventResult) => void;
}
