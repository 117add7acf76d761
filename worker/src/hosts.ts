/** One public address of this edge, out of the configuration. */
export interface IngestHost {
  readonly protocol: "http" | "https";
  /** Host, with its port where that is not the protocol's own. */
  readonly host: string;
}

/** The configured addresses: a comma-separated list of origins (`https://in.shop.example`); what is no origin is left out. */
export function parseHosts(list: string): readonly IngestHost[] {
  return list.split(",").flatMap((text) => {
    const url = URL.parse(text.trim());
    if (url === null || url.host === "" || (url.protocol !== "https:" && url.protocol !== "http:")) return [];
    return [{ protocol: url.protocol === "https:" ? "https" : "http", host: url.host }];
  });
}

/**
 * The address that a client is told to send to: the one it asked, when that is configured, else the first. The request's
 * own host is only compared, never repeated: whoever can bend it could otherwise move a site's events elsewhere.
 */
export function hostFor(hosts: readonly IngestHost[], requestUrl: string): IngestHost | null {
  const asked = URL.parse(requestUrl)?.host;
  return hosts.find(({ host }) => host === asked) ?? hosts[0] ?? null;
}
