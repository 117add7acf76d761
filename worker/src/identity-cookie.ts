/*
 * The identity cookie (`sluice_id`), which pages write with `keepIdentityInCookie`. Safari deletes what a script has written after
 * seven days, but not what a server has set; so the edge sets again what the browser sent, and never a value of its own.
 *
 * Threat: the edge believes the browser that the request comes from a page of its own origin (`Sec-Fetch-Site`, which no page
 * can write). Whoever can set a cookie for that host (a script in the page, a sibling host with the same domain) can make
 * an id of their choice last; it names nobody, opens nothing, and the page can remove it: the cookie is not HttpOnly,
 * because the page must read it, and delete it when the visitor withdraws their consent.
 */

/** 400 days, the longest time that browsers keep a cookie (https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html), s. */
const cookieSeconds = 34_560_000;

/** A ULID, as the SDK makes them; anything else is not set again. */
const cookiePattern = /(?:^|;\s*)sluice_id=([0-9A-HJKMNP-TV-Z]{26})(?:;|$)/;

/**
 * The `Set-Cookie` that renews the identity cookie of a request; `null` where the source has not opted in, where the request is
 * none of a page of the same origin, and where it carries no such cookie (no consent: the page has written none).
 *
 * @param domain of the cookie, "" for the host alone; `undefined` where the source has not opted in.
 */
export function renewedIdentityCookie(headers: Headers, domain: string | undefined): string | null {
  if (domain === undefined || headers.get("sec-fetch-site") !== "same-origin") return null;
  const id = cookiePattern.exec(headers.get("cookie") ?? "")?.[1];
  if (id === undefined) return null;
  const scope = domain === "" ? "" : `; Domain=${domain}`;
  return `sluice_id=${id}; Path=/; Max-Age=${cookieSeconds}; SameSite=Lax; Secure${scope}`;
}
