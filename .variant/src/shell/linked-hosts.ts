import { anonymousId } from "./identity.ts";
import { mayStore, options } from "./settings.ts";

/*
 * Hands the anonymous id over between a company's own hosts. Links to them carry it, with a time and a checksum, and it is
 * accepted for two minutes and from pages of these hosts only, and on both sides only where ids may be stored.
 *
 * Threat: the checksum is no secret. Somebody who controls a page of a linked host, or who gets a visitor with the same kind
 * of browser to follow a forged link there, can give them an anonymous id of their choice, and so count two visitors as one.
 * They learn nothing by it, and no user id is ever accepted.
 */

/** How long a link is good for, ms. */
const linkMsMax = 120_000;

/** A query or an address without claim: the mark before it goes too where nothing follows. */
const withoutClaim = (address: string): string => address.replace(/[?&]_sluice=[\w.]+(?![\w.&])|_sluice=[\w.]+&/, "");

const isLinked = (host: string | undefined): boolean | undefined =>
  options.hosts?.some((linked) => `.${host}`.endsWith(`.${linked}`));

/** Ties an id to a time and to one kind of browser, so that a link copied into another browser is not accepted. */
const claimOf = (id: string, ms: number | string): string =>
  `_sluice=${id}.${ms}.${[...(id + ms + navigator.userAgent)].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) >>> 0, 0)}`;

function decorate({ target, button }: MouseEvent): void {
  const link = (target as Partial<Element>).closest?.<HTMLAnchorElement>("a[href]");
  if (link && button < 2 && link.host !== location.host && isLinked(link.host) && mayStore()) {
    const others = withoutClaim(link.search);
    link.search = (others && `${others}&`) + claimOf(anonymousId(), Date.now());
  }
}

/** Takes over the id that the page before has handed over, and adds this one's to links that are followed. */
export function linkHosts(): void {
  const [claim, id = "", ms = 0] = /_sluice=(\w{26})\.(\d+)\.\d+/.exec(location.search) ?? [];
  if (claim) {
    history.replaceState(history.state, "", withoutClaim(location.href));
    const isFresh = Math.abs(Date.now() - Number(ms)) < linkMsMax;
    if (isFresh && claim === claimOf(id, ms) && isLinked(document.referrer.split("/")[2]) && mayStore()) anonymousId(id);
  }
  addEventListener("click", decorate, true);
  addEventListener("auxclick", decorate, true); // the middle button, which opens another tab
}
