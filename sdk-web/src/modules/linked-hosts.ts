import type { WebClient } from "../options.ts";

/*
 * Hands the anonymous id over between a company's own hosts. Links to them carry it, with a time and a checksum, and it is
 * accepted for two minutes and from pages of these hosts only.
 *
 * Threat: the checksum is no secret. Somebody who controls a page of a linked host, or who gets a visitor with the same kind
 * of browser to follow a forged link there, can give them an anonymous id of their choice, and so count two visitors as one.
 * They learn nothing by it, and no user id is ever accepted.
 */

const claimPattern = /[?&]_sluice=(\w{26})\.(\d+)\.\d+/;

/** How long a link is good for, ms. */
const linkMsMax = 120_000;

/**
 * Takes over the id that the page before has handed over, and adds this one's to links that are followed.
 *
 * @param hosts with port, if any; each stands for its subdomains too.
 */
export function linkHosts(client: Pick<WebClient, "anonymousId">, hosts: readonly string[]): void {
  const page = globalThis.window;
  const nowMs = (): number => Math.round(page.performance.timeOrigin + page.performance.now());
  const [claim, id = "", ms = 0] = claimPattern.exec(page.location.search) ?? [];
  if (claim) {
    page.history.replaceState(page.history.state, "", page.location.href.replace(claim, ""));
    const isFresh = Math.abs(nowMs() - Number(ms)) < linkMsMax;
    const isFromHere = isOneOf(page.document.referrer.split("/")[2], hosts);
    if (isFresh && isFromHere && claim.slice(1) === claimOf(id, ms, page.navigator.userAgent)) client.anonymousId(id);
  }
  const decorate = ({ target }: Event): void => {
    const link = (target as Element).closest<HTMLAnchorElement>("a[href]");
    if (!link || link.host === page.location.host || !isOneOf(link.host, hosts)) return;
    const own = claimOf(client.anonymousId(), nowMs(), page.navigator.userAgent);
    link.search = `${link.search.replace(claimPattern, "")}&${own}`;
  };
  page.addEventListener("click", decorate, true);
}

const isOneOf = (host: string | undefined, hosts: readonly string[]): boolean =>
  hosts.some((linked) => `.${host}`.endsWith(`.${linked}`));

/** Ties an id to a time and to one kind of browser, so that a link copied into another browser is not accepted. */
function claimOf(anonymousId: string, ms: string | number, userAgent: string): string {
  let sum = 0;
  for (const character of anonymousId + ms + userAgent) sum = (sum * 31 + character.charCodeAt(0)) >>> 0;
  return `_sluice=${anonymousId}.${ms}.${sum}`;
}
