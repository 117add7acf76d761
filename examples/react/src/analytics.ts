import { type Consent, createClient } from "@sluice/web";

/** Set by build.mjs. */
declare const SLUICE_HOST: string;
declare const SLUICE_WRITE_KEY: string;

/** Every event of this application: the compiler refuses other names and other properties. */
export type Events = {
  "Product Added": { sku: string; price: string };
  "Cart Emptied": Record<never, never>;
};

const remembered = localStorage.getItem("consent") as Consent | null;

export const sluice = createClient<Events>({
  host: SLUICE_HOST,
  writeKey: SLUICE_WRITE_KEY,
  // Until the visitor has chosen, calls wait in memory, and nothing is written to the device.
  consent: remembered ?? "pending",
  // A router that changes the address needs nothing more. The first view is ours to record.
  pageViews: true,
});
sluice.page();

/** Sluice does not store consent: remembering the choice is the application's. */
export function choose(consent: "granted" | "denied"): void {
  localStorage.setItem("consent", consent);
  sluice.setConsent(consent);
}

export const hasChosen = remembered !== null;
