import type { WebClient } from "../options.ts";
import { mayStore } from "../shell/settings.ts";

/** 400 days, the longest time that browsers keep a cookie, s. */
const cookieSeconds = 34_560_000;

/**
 * Keeps the anonymous id in a first-party cookie `sluice_id` as well, which all subdomains share and which wins over the
 * one in `localStorage`. While the visitor has not agreed the cookie is neither read nor written; `denied` removes it, and
 * `reset` gives it the new id. Call it before the first page view.
 *
 * @param attributes of the cookie, such as `domain=shop.example;secure`.
 */
export function keepIdentityInCookie(
  client: Pick<WebClient, "anonymousId" | "reset" | "setConsent">,
  attributes = "secure",
): void {
  const document = globalThis.window?.document;
  if (!document) return;
  const write = (id: string, seconds: number): void => {
    document.cookie = `sluice_id=${id};path=/;samesite=lax;max-age=${seconds};${attributes}`;
  };
  const keep = (): void => {
    if (mayStore()) write(client.anonymousId(/(?:^|; )sluice_id=(\w{26})/.exec(document.cookie)?.[1]), cookieSeconds);
  };
  const { reset, setConsent } = client;
  client.reset = () => {
    reset();
    if (mayStore()) write(client.anonymousId(), cookieSeconds);
  };
  client.setConsent = (consent) => {
    if (consent === "denied") write("", 0);
    setConsent(consent);
    keep();
  };
  keep();
}
