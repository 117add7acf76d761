/*
 * What the page has decided for its one client. A page has one visitor, one consent and one queue; module state instead of
 * objects that are handed around is a tenth of the script's size.
 */
import type { Consent, WebOptions } from "../options.ts";

export let options: WebOptions;
export let consent: Consent;

/** Takes the options, which `checkOptions` has let through. What the browser says for its user counts as `denied`. */
export function configure(given: WebOptions): void {
  const { globalPrivacyControl, doNotTrack } = navigator as Navigator & { readonly globalPrivacyControl?: boolean };
  options = given;
  const objects = (given.gpc && globalPrivacyControl) || (given.dnt && doNotTrack === "1");
  consent = objects ? "denied" : (given.consent ?? "granted");
}

export function changeConsent(to: Consent): void {
  consent = to;
}

/** Whether anything may be read from or written to the device. */
export const mayStore = (): boolean => consent === "granted" && !options.cookieless;
