/*
 * The parts of React Native, of Expo and of community packages that are used, so that the app's own versions fit and none
 * of them is a dependency.
 */

/**
 * Where events and ids are kept: `@react-native-async-storage/async-storage`, or anything alike, synchronous or not.
 * The `multi…` methods are used where they exist: many entries then cost one write.
 */
export interface MobileStorage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): unknown;
  removeItem(key: string): unknown;
  getAllKeys(): readonly string[] | Promise<readonly string[]>;
  multiGet?(keys: string[]): Promise<readonly (readonly [string, string | null])[]>;
  multiSet?(entries: [string, string][]): Promise<unknown>;
  multiRemove?(keys: string[]): Promise<unknown>;
}

/** `AppState` of React Native. */
export interface MobileAppState {
  readonly currentState?: string | null;
  addEventListener(type: "change", listener: (state: string) => void): { remove(): void };
}

/** `@react-native-community/netinfo`. */
export interface MobileNetInfo {
  addEventListener(
    listener: (state: { readonly isConnected: boolean | null; readonly type?: string }) => void,
  ): () => void;
}

/** `Linking` of React Native, or `expo-linking`. */
export interface MobileLinking {
  getInitialURL(): Promise<string | null>;
  addEventListener(type: "url", listener: (event: { readonly url: string }) => void): { remove(): void };
}

/** The part of `fetch` that is used. */
export type MobileFetch = (
  url: string,
  init: {
    readonly method: "POST";
    readonly headers: Record<string, string>;
    readonly body: string | Uint8Array<ArrayBuffer>;
  },
) => Promise<{
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}>;

/** Runs a function once after a time; returns what cancels it. */
export type SetTimer = (run: () => void, delayMs: number) => () => void;
