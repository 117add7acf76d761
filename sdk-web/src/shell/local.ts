/** Writes an entry of `localStorage`, or removes it; does nothing where storage is full or forbidden. */
export function writeLocal(key: string, value?: unknown): void {
  try {
    if (value === undefined) delete localStorage[key];
    else if (localStorage[key] !== value) localStorage[key] = value; // reading is a tenth of the cost of writing
  } catch {
    // what could not be kept lives as long as the page
  }
}
