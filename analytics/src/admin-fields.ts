import {
  fail,
  field,
  type IpPolicy,
  isName,
  isCookieDomain,
  isOriginPattern,
  isObject,
  type Json,
  type JsonObject,
  type KeyKind,
  ok,
  type Result,
  shardsMax,
} from "@sluice/schema";
import { type Dimension, dimensionNames, dimensionsMax, isDimension } from "./dimensions.ts";
import { invalid, type Problem } from "./problem.ts";
import { isTimeZone } from "./time-zone.ts";

/** Bytes of the body of an admin request or a question. */
export const adminBodyBytesMax = 16 * 1024;
/** Characters of a read token's name. */
const tokenNameLengthMax = 80;

/** Origins that one source may list: they are compared one by one for each request. */
const allowedOriginsMax = 50;

const nameRule = "1 to 40 of a–z, 0–9 and -, not starting with -.";

/** Parses the JSON object that an admin request, or a question, carries. */
export function adminBody(text: string, bytesMax: number = adminBodyBytesMax): Result<JsonObject, Problem> {
  if (text.length > bytesMax) {
    const detail = `The body may have at most ${bytesMax} bytes.`;
    return fail({ status: 413, title: "Body too large", detail });
  }
  const value = parsed(text);
  if (!isObject(value)) return fail({ status: 400, title: "Invalid body", detail: "The body must be a JSON object." });
  return ok(value);
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined; // not JSON: the caller refuses it as it refuses other values that are no object
  }
}

/** A field, or part of the path, that names a project or a source. */
export function nameField(body: JsonObject, parameter: "project" | "source"): Result<string, Problem> {
  const value = field(body, parameter);
  return typeof value === "string" && isName(value)
    ? ok(value)
    : fail(invalid(parameter, `${parameter} must be ${nameRule}`));
}

/** Default currency of a project: three letters of ISO 4217; EUR when absent. */
export function currencyField(body: JsonObject): Result<string, Problem> {
  const value = field(body, "currency") ?? "EUR";
  if (typeof value === "string" && /^[A-Z]{3}$/.test(value)) return ok(value);
  return fail(invalid("currency", "currency must be three capital letters (ISO 4217), e.g. EUR."));
}

/** Time zone of a project: an IANA name; UTC when absent. */
export function timezoneField(body: JsonObject): Result<string, Problem> {
  const value = field(body, "timezone") ?? "UTC";
  if (typeof value === "string" && isTimeZone(value)) return ok(value);
  return fail(invalid("timezone", "timezone must be the IANA name of a time zone, e.g. Europe/Berlin."));
}

/** Columns by which a project's numbers can be broken down; none when absent. */
export function dimensionsField(body: JsonObject): Result<readonly Dimension[], Problem> {
  const value = field(body, "dimensions") ?? [];
  if (Array.isArray(value) && value.length <= dimensionsMax) {
    const names = value.filter((name) => typeof name === "string").filter(isDimension);
    if (names.length === value.length && new Set(names).size === names.length) return ok(names);
  }
  const detail = `dimensions must be at most ${dimensionsMax} distinct names out of ${dimensionNames.join(", ")}.`;
  return fail(invalid("dimensions", detail));
}

/** A project's new number of shards. */
export function shardsField(body: JsonObject): Result<number, Problem> {
  const value = field(body, "shards");
  if (typeof value === "number" && Number.isInteger(value) && value >= 2 && value <= shardsMax) return ok(value);
  return fail(invalid("shards", `shards must be a whole number from 2 to ${shardsMax}.`));
}

/** What happens to addresses of a source; `truncate` when absent. */
export function ipPolicyField(body: JsonObject): Result<IpPolicy, Problem> {
  const value = field(body, "ipPolicy") ?? "truncate";
  if (value === "drop" || value === "truncate" || value === "keep") return ok(value);
  return fail(invalid("ipPolicy", "ipPolicy must be drop, truncate or keep."));
}

/** Origins whose pages may use a source's public keys; every origin when absent or empty. */
export function allowedOriginsField(body: JsonObject): Result<readonly string[], Problem> {
  const value = field(body, "allowedOrigins") ?? [];
  if (
    Array.isArray(value) &&
    value.length <= allowedOriginsMax &&
    value.every((item) => typeof item === "string" && isOriginPattern(item))
  ) {
    return ok(value as readonly string[]);
  }
  const detail = `allowedOrigins must be at most ${allowedOriginsMax} origins such as https://shop.example or https://*.shop.example.`;
  return fail(invalid("allowedOrigins", detail));
}

/** Domain of the identity cookie that the edge renews, "" for the host alone; `null` (no cookie) when absent. */
export function cookieDomainField(body: JsonObject): Result<string | null, Problem> {
  const value = field(body, "cookieDomain") ?? null;
  if (value === null || (typeof value === "string" && isCookieDomain(value))) return ok(value);
  return fail(invalid("cookieDomain", 'cookieDomain must be a domain such as shop.example, or "" for the host alone.'));
}

/** Kind of a write key. */
export function keyKindField(body: JsonObject): Result<KeyKind, Problem> {
  const value = field(body, "kind");
  if (value === "public" || value === "server") return ok(value);
  return fail(invalid("kind", "kind must be public (pages and apps) or server."));
}

/** What a read token is called in lists. */
export function tokenNameField(body: JsonObject): Result<string, Problem> {
  const value = field(body, "name");
  if (typeof value === "string" && value.trim() !== "" && value.length <= tokenNameLengthMax) return ok(value.trim());
  return fail(invalid("name", `name must be a text of 1 to ${tokenNameLengthMax} characters.`));
}
