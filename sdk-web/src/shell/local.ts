import { mayStore } from "./settings.ts";

/** Writes an entry of `localStorage`, or removes it; does nothing where storage is not allowed, full or forbidden. */
export function writeLocal(key: string, text?: string): void {
  try {
    if (!text) delete localStorage[key];
    else if (mayStore()) localStorage[key] = text;
  } catch {
    // what could not be kept lives as long as the page
  }
}
