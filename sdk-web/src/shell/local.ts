/** Reads an entry of `localStorage`; `undefined` where there is none, or where storage is forbidden. */
export function readLocal(key: string): string | undefined {
  try {
    return localStorage[key] as string | undefined;
  } catch {
    return undefined;
  }
}

/** Writes an entry of `localStorage`, or removes it; does nothing where storage is full or forbidden. */
export function writeLocal(key: string, value?: unknown): void {
  try {
    if (value === undefined) delete localStorage[key];
    else localStorage[key] = value;
  } catch {
    // what could not be kept lives as long as the page
  }
}
