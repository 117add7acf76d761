import type { WebClient } from "../options.ts";
import { mayStore } from "../shell/settings.ts";

/*
 * Hands the anonymous id over between a company's own hosts. Links to them carry it, with a time and a checksum, and it is
 * accepted for two minutes and from pages of these hosts only, and on both sides only where ids may be stored.
 *
 * Threat: the checksum is no secret. Somebody who controls a page of a linked host, or who gets a visitor with the same kind
 * of browser to follow a forged link there, can give them an anonymous id of their choice, and so count two visitors as one.
 * They learn nothing by it, and no user id is ever accepted.
 */

const claimPattern = /([?&])_sluice=(\w{26})\.(\d+)\.\d+(&|(?=#|$))/;

/** How long a link is good for, ms. */
const linkMsMax = 120_000;

/**
 * Takes over the id that the page before has handed over, and adds this one's to links that are followed. Call it before the
 * first page view, which then says the address without the id.
 *
 * @param hosts with port, if any; each stands for its subdomains too.
 */
export function linkHosts(client: Pick<WebClient, "anonymousId">, hosts: readonly string[]): void {
  const page = globalThis.window;
  if (!page) return;
  const nowMs = (): number => Math.round(page.performance.timeOrigin + page.performance.now());
  const { href, host, search } = page.location;
  const [claim, , id = "", ms = ""] = claimPattern.exec(search) ?? [];
  if (claim !== undefined) {
    page.history.replaceState(page.history.state, "", href.replace(claimPattern, withoutClaim));
    const isFresh = Math.abs(nowMs() - Number(ms)) < linkMsMax;
    const isFromHere = isOneOf(page.document.referrer.split("/")[2], hosts);
    const isWhole = claim.includes(claimOf(id, ms, page.navigator.userAgent));
    if (isFresh && isFromHere && isWhole && mayStore()) client.anonymousId(id);
  }
  const decorate = ({ target, button }: MouseEvent): void => {
    const link = (target as Partial<Element>).closest?.<HTMLAnchorElement>("a[href]");
    if (!link || button > 1 || link.host === host || !isOneOf(link.host, hosts) || !mayStore()) return;
    const own = claimOf(client.anonymousId(), nowMs(), page.navigator.userAgent);
    const others = link.search.replace(claimPattern, withoutClaim);
    link.search = others ? `${others}&${own}` : own;
  };
  page.addEventListener("click", decorate, true);
  page.addEventListener("auxclick", decorate, true); // the middle button, which opens another tab
}

const isOneOf = (host: string | undefined, hosts: readonly string[]): boolean =>
  hosts.some((linked) => `.${host}`.endsWith(`.${linked}`));

/** What stays of an address: the mark before the claim only where something follows it. */
const withoutClaim = (_: string, mark: string, __: string, ___: string, next: string): string => (next ? mark : "");

/** Ties an id to a time and to one kind of browser, so that a link copied into another browser is not accepted. */
function claimOf(anonymousId: string, ms: string | number, userAgent: string): string {
  let sum = 0;
  for (const character of anonymousId + ms + userAgent) sum = (sum * 31 + character.charCodeAt(0)) >>> 0;
  return `_sluice=${anonymousId}.${ms}.${sum}`;
}
