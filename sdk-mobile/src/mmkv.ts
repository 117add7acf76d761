import type { MobileStorage } from "./ports.ts";

/** The part of a `react-native-mmkv` instance that is used; version 4 has renamed `delete` to `remove`. */
export interface Mmkv {
  getString(key: string): string | undefined;
  set(key: string, value: string): void;
  getAllKeys(): readonly string[];
  delete?(key: string): unknown;
  remove?(key: string): unknown;
}

/** MMKV as the storage of a client: every event is on disk before the next turn of the app. */
export function mmkvStorage(mmkv: Mmkv): MobileStorage {
  return {
    getItem: (key) => mmkv.getString(key) ?? null,
    setItem: (key, value) => mmkv.set(key, value),
    removeItem: (key) => (mmkv.remove ? mmkv.remove(key) : mmkv.delete?.(key)),
    getAllKeys: () => mmkv.getAllKeys(),
  };
}
