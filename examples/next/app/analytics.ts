import { type Consent, createClient } from "@sluice/web";

/** Every event of this application: the compiler refuses other names and other properties. */
export type Events = {
  "Product Added": { sku: string; price: string };
  "Cart Emptied": Record<never, never>;
};

/** Pages are rendered on the server first, where there is nothing to read, and where the client does nothing. */
const remembered = (globalThis.localStorage?.getItem?.("consent") ?? null) as Consent | null;

export const sluice = createClient<Events>({
  host: process.env.NEXT_PUBLIC_SLUICE_HOST ?? "http://127.0.0.1:8787",
  writeKey: process.env.NEXT_PUBLIC_SLUICE_WRITE_KEY ?? "PASTE.YOUR.WRITE.KEY",
  // Until the visitor has chosen, calls wait in memory, and nothing is written to the device.
  consent: remembered ?? "pending",
});

export const hasChosen = (): boolean => remembered !== null;

/** Sluice does not store consent: remembering the choice is the application's. */
export function choose(consent: "granted" | "denied"): void {
  localStorage.setItem("consent", consent);
  sluice.setConsent(consent);
}
