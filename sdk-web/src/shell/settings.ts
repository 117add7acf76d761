/*
 * What the page has decided for its one client. A page has one visitor, one consent and one queue; module state instead of
 * objects that are handed around is a tenth of the script's size.
 */
import type { CompleteOptions, Consent } from "../options.ts";

/** Until `configure` there are none, and nothing is recorded. */
export let options = {} as CompleteOptions;
export let consent: Consent = "denied";

/** Takes the options. What the browser says for its user counts as `denied`. */
export function configure(given: CompleteOptions): void {
  const user = navigator as Navigator & { readonly globalPrivacyControl?: boolean };
  options = given;
  const objects = (given.gpc && user.globalPrivacyControl) || (given.dnt && (user.doNotTrack as unknown as number) > 0);
  consent = objects ? "denied" : given.consent;
}

export function changeConsent(to: Consent): void {
  consent = to;
}

/** Whether anything may be read from or written to the device. */
export const mayStore = (): boolean => consent === "granted" && !options.cookieless;
