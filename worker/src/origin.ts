import type { Geo } from "@sluice/schema";
import { placeLengthMax, userAgentLengthMax } from "./limits.ts";

/**
 * Where a request came from, out of the metadata Cloudflare attaches to it
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
