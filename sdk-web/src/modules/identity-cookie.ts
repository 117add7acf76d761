import type { WebClient } from "../options.ts";

/** 400 days, the longest time that browsers keep a cookie, s. */
const cookieSeconds = 34_560_000;

/**
 * Keeps the anonymous id in a first-party cookie `sluice_id` as well, which all subdomains share and which wins over the
 * one in `localStorage`. Call it when the visitor has agreed.
 *
 * @param attributes of the cookie, such as `domain=shop.example;secure`.
 */
export function keepIdentityInCookie(client: Pick<WebClient, "anonymousId">, attributes = "secure"): void {
  const { document } = globalThis.window;
  const kept = /(?:^|; )sluice_id=(\w{26})/.exec(document.cookie)?.[1];
  const id = client.anonymousId(kept);
  document.cookie = `sluice_id=${id};path=/;samesite=lax;max-age=${cookieSeconds};${attributes}`;
}
