import {
  isCookieDomain,
  isObject,
  type Json,
  type JsonObject,
  type IpPolicy,
  type RegistrySnapshot,
} from "@sluice/schema";

/**
 * Reads the compiled registry from its JSON text. `null` when anything about it is not as it should be: a broken
 * snapshot must never replace a good one, and the path of a request never meets a half-read registry.
 */
export function parseSnapshot(text: string): RegistrySnapshot | null {
  const value = parsed(text);
  return isSnapshot(value) ? value : null;
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null; // not JSON is one more way of not being a snapshot
  }
}

function isSnapshot(value: Json): value is JsonObject & RegistrySnapshot {
  return (
    isObject(value) &&
    Number.isSafeInteger(value["version"]) &&
    Number.isSafeInteger(value["compiledAtMs"]) &&
    Array.isArray(value["projects"]) &&
    value["projects"].every(isProject)
  );
}

function isProject(value: Json): boolean {
  return (
    isObject(value) &&
    typeof value["project"] === "string" &&
    Number.isSafeInteger(value["shards"]) &&
    Array.isArray(value["sources"]) &&
    value["sources"].every(isSource) &&
    Array.isArray(value["revokedSerials"]) &&
    value["revokedSerials"].every((serial) => Number.isSafeInteger(serial))
  );
}

const ipPolicies: readonly IpPolicy[] = ["drop", "truncate", "keep"];

function isSource(value: Json): boolean {
  return (
    isObject(value) &&
    typeof value["source"] === "string" &&
    (ipPolicies as readonly unknown[]).includes(value["ipPolicy"]) &&
    isListOfTexts(value["allowedOrigins"]) &&
    isCookieDomainOrAbsent(value["cookieDomain"])
  );
}

/** `allowedOrigins` came later than the rest: snapshots without it are as good. */
function isListOfTexts(value: Json | undefined): boolean {
  return value === undefined || (Array.isArray(value) && value.every((text) => typeof text === "string"));
}

/** It is written into a header, so nothing but a host name may come this far. */
function isCookieDomainOrAbsent(value: Json | undefined): boolean {
  return value === undefined || (typeof value === "string" && isCookieDomain(value));
}
