import { equalInConstantTime, type Geo } from "@sluice/schema";
import { placeLengthMax, proxyHeaderLengthMax, userAgentLengthMax } from "./limits.ts";

/** Where a request came from. */
export interface Client {
  /** The address as stated by whoever is trusted to know it, not yet looked at; `null` when nobody did. */
  readonly address: string | null;
  readonly geo: Geo;
}

/** What is read of a request's headers. */
export interface HeaderReader {
  get(name: string): string | null;
}

/** The headers in which a first-party proxy states its secret and its client. */
const proxyHeaders = {
  secret: "Sluice-Proxy-Secret",
  address: "Sluice-Client-IP",
  country: "Sluice-Client-Country",
  region: "Sluice-Client-Region",
  city: "Sluice-Client-City",
} as const;

/**
 * Whose request it is. Cloudflare says so itself; a first-party proxy, which would otherwise be taken for the client, is
 * believed in its stead when it sends one of the configured secrets, and then alone: what it leaves out is unknown.
 *
 * @param metadata `request.cf`.
 * @param proxySecrets none: no proxy is believed.
 */
export function clientOf(headers: HeaderReader, metadata: unknown, proxySecrets: readonly string[]): Client {
  if (!isTrustedProxy(headers, proxySecrets)) {
    return { address: headers.get("cf-connecting-ip"), geo: geoOf(metadata) };
  }
  const place = (name: string): string | null => placeOf(headers.get(name));
  const country = place(proxyHeaders.country);
  return {
    address: headers.get(proxyHeaders.address)?.trim() ?? null,
    geo: {
      country: country !== null && /^[A-Za-z0-9]{2}$/.test(country) ? country.toUpperCase() : null,
      region: place(proxyHeaders.region),
      city: place(proxyHeaders.city),
    },
  };
}

/** Whether the request carries one of the secrets; every one is compared, in time that tells nothing. */
function isTrustedProxy(headers: HeaderReader, proxySecrets: readonly string[]): boolean {
  const given = proxySecrets.length === 0 ? null : headers.get(proxyHeaders.secret);
  if (given === null || given.length > proxyHeaderLengthMax) return false;
  return proxySecrets.map((secret) => equalInConstantTime(given, secret)).includes(true);
}

/** A place name out of a header: UTF-8, percent-encoded where it has to be, since headers carry ASCII only. */
function placeOf(header: string | null): string | null {
  if (header === null || header.length > proxyHeaderLengthMax) return null;
  const text = decoded(header).trim();
  const isText = text !== "" && text.length <= placeLengthMax && !/\p{Cc}/u.test(text);
  return isText ? text : null;
}

function decoded(header: string): string {
  try {
    return decodeURIComponent(header);
  } catch {
    return header; // a stray percent sign: then it was not encoded
  }
}

/**
 * The place out of the metadata Cloudflare attaches to a request
 * (https://developers.cloudflare.com/workers/runtime-apis/request/#incomingrequestcfproperties). Region is the ISO 3166-2 code
 * without its country. Anything that is no short text is `null`.
 */
export function geoOf(metadata: unknown): Geo {
  const read = (name: string): string | null => {
    if (typeof metadata !== "object" || metadata === null || !Object.hasOwn(metadata, name)) return null;
    const value: unknown = Reflect.get(metadata, name);
    return typeof value === "string" && value !== "" && value.length <= placeLengthMax ? value : null;
  };
  return { country: read("country"), region: read("regionCode"), city: read("city") };
}

/** A user agent, cut to what is kept; `null` when there is none. */
export function userAgentOf(header: string | null): string | null {
  return header === null || header === "" ? null : header.slice(0, userAgentLengthMax);
}
