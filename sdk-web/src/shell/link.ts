/** The parameter of a link that hands a visitor over to another host. */
const parameter = "_sluice";

/** How long a link is good for, ms. */
const linkMsMax = 120_000;

/** Whether a host is one of these or below one. */
const isOneOf = (host: string, hosts: readonly string[]): boolean =>
  hosts.some((linked) => `.${host}`.endsWith(`.${linked}`));

/**
 * Ties an id to a time and to this kind of browser. It is no secret: it keeps a link that was copied to somebody else's
 * browser, or written by hand without care, from making two visitors one.
 */
function checksum(text: string): string {
  let sum = 0;
  for (const character of text + navigator.userAgent + navigator.language) {
    sum = (Math.imul(sum, 31) + character.charCodeAt(0)) | 0;
  }
  return sum.toString(36);
}

/** Adds the visitor's id to links that are followed to another of the linked hosts. */
export function handOver(hosts: readonly string[], anonymousId: () => string): void {
  addEventListener(
    "click",
    ({ target }) => {
      const link = (target as Element | null)?.closest?.<HTMLAnchorElement>("a[href]");
      if (!link || link.host === location.host || !isOneOf(link.hostname, hosts)) return;
      const claim = `${anonymousId()}.${Date.now().toString(36)}`;
      const url = new URL(link.href);
      url.searchParams.set(parameter, `${claim}.${checksum(claim)}`);
      link.href = url.href;
    },
    true,
  );
}

/** The id that the page before handed over, or `undefined`. The parameter is taken off the address. */
export function takeOver(hosts: readonly string[]): string | undefined {
  const url = new URL(location.href);
  const [id = "", time = "", sum] = (url.searchParams.get(parameter) ?? "").split(".");
  if (!id) return undefined;
  url.searchParams.delete(parameter);
  history.replaceState(history.state, "", url);
  const isFresh = Math.abs(Date.now() - parseInt(time, 36)) < linkMsMax;
  const isOurs = /^\w{26}$/.test(id) && sum === checksum(`${id}.${time}`);
  return isFresh && isOurs && document.referrer && isOneOf(new URL(document.referrer).hostname, hosts) ? id : undefined;
}
