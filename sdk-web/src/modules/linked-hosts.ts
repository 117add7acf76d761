/** The parameter of a link that hands a visitor over to another host. */
const parameter = "_sluice";

const claimPattern = /&_sluice=(\w{26})\.(\d+)\.\d+/;

/** How long a link is good for, ms. */
const linkMsMax = 120_000;

/** Whether a host is one of these or below one. */
const isOneOf = (host: string | undefined, hosts: readonly string[]): boolean =>
  hosts.some((linked) => `.${host}`.endsWith(`.${linked}`));

/**
 * Ties an id to a time and to this kind of browser. It is no secret: it keeps a link that was copied into somebody else's
 * browser, or written by hand without care, from making two visitors one.
 */
function claimOf(anonymousId: string, ms: string | number): string {
  let sum = 0;
  for (const character of anonymousId + ms + navigator.userAgent) sum = (sum * 31 + character.charCodeAt(0)) >>> 0;
  return `${parameter}=${anonymousId}.${ms}.${sum}`;
}

/** Adds the visitor's id to links that are followed to another of the linked hosts. */
export function handOver(hosts: readonly string[], anonymousId: () => string): void {
  const decorate = ({ target }: Event): void => {
    const link = (target as Element).closest<HTMLAnchorElement>("a[href]");
    if (link && link.host !== location.host && isOneOf(link.host, hosts)) {
      link.search = `${link.search.replace(claimPattern, "")}&${claimOf(anonymousId(), Date.now())}`;
    }
  };
  addEventListener("click", decorate, true);
}

/** The id that the page before handed over, or `undefined`. The claim is taken off the address. */
export function takeOver(hosts: readonly string[]): string | undefined {
  const [claim, id = "", ms = 0] = claimPattern.exec(location.search) ?? [];
  if (!claim) return undefined;
  history.replaceState(history.state, "", location.href.replace(claim, ""));
  const isFresh = Math.abs(Date.now() - Number(ms)) < linkMsMax;
  return isFresh && claim === `&${claimOf(id, ms)}` && isOneOf(document.referrer.split("/")[2], hosts) ? id : undefined;
}
