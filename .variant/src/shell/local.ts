import { mayStore } from "./settings.ts";

/** A JSON entry of `localStorage`; `otherwise` where it is absent, or may not or cannot be read. */
export function readLocal<T>(key: string, otherwise: T): T {
  try {
    if (mayStore()) return JSON.parse(localStorage[key] as string) as T;
  } catch {
    // nothing is kept, something else wrote there, or storage is forbidden
  }
  return otherwise;
}

/** Writes an entry of `localStorage` as JSON, or removes it; does nothing where storage is not allowed, full or forbidden. */
export function writeLocal(key: string, value?: unknown): void {
  try {
    const json = JSON.stringify(value);
    if (!json) delete localStorage[key];
    else if (mayStore() && localStorage[key] !== json) localStorage[key] = json; // reading is a tenth of the cost of writing
  } catch {
    // what could not be kept lives as long as the page
  }
}
