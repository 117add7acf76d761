import { fail, field, type Json, type JsonObject, ok, type Result } from "@sluice/schema";
import { dayMs } from "./day.ts";
import { invalid, type Problem } from "./problem.ts";

/*
 * What a read token may do. A token belongs to one project and carries a set of scopes:
 * - kpis: numbers that name nobody (KPIs, ledger);
 * - events: the catalogue of events, aggregates over the lake, the fate of one event;
 * - users: what is known of one user, samples of values, and aggregates by columns that name a person;
 * - export: whole rows;
 * - costs: nothing; it may upload what campaigns cost, which is the only thing that a token can change.
 */
export const readScopes = ["kpis", "events", "users", "export", "costs"] as const;

/** What a read token may be allowed to read. */
export type ReadScope = (typeof readScopes)[number];

/** Of a token for which nothing was said: everything that names nobody. */
const defaultScopes: readonly ReadScope[] = ["kpis", "events"];

/** Days after which a token may expire at the latest, if it expires. */
const expiryDaysMax = 3_650;

/** `scopes` of a new token: an array of distinct scopes, at least one; {@link defaultScopes} when absent. */
export function scopesField(body: JsonObject): Result<readonly ReadScope[], Problem> {
  const value = field(body, "scopes") ?? defaultScopes;
  const isList = Array.isArray(value) && value.length > 0 && value.length <= readScopes.length;
  if (isList && value.every(isReadScope) && new Set<Json>(value).size === value.length) {
    return ok(readScopes.filter((scope) => value.includes(scope)));
  }
  return fail(invalid("scopes", `scopes must be a list of distinct names out of ${readScopes.join(", ")}.`));
}

/** `expires` of a new token, `90d` or `12h` from now, as the time in ms at which it ends; `null` (never) when absent. */
export function expiresField(body: JsonObject, nowMs: number): Result<number | null, Problem> {
  const value = field(body, "expires") ?? null;
  if (value === null) return ok(null);
  const match = typeof value === "string" ? /^([1-9]\d{0,4})([dh])$/.exec(value) : null;
  const lengthMs = Number(match?.[1]) * (match?.[2] === "d" ? dayMs : dayMs / 24);
  if (match !== null && lengthMs <= expiryDaysMax * dayMs) return ok(nowMs + lengthMs);
  return fail(
    invalid("expires", `expires must be days or hours from now, such as 90d or 12h, ${expiryDaysMax}d at most.`),
  );
}

/** Reads the scopes of a stored token. */
export function parseScopes(text: string): readonly ReadScope[] {
  const value = JSON.parse(text) as Json;
  return Array.isArray(value) ? value.filter(isReadScope) : [];
}

/** The refusal of a question that the asker's token does not cover. The asker owns the token, so it may be told. */
export function outOfScope(scope: ReadScope, why = ""): Problem {
  const detail = `This needs a read token with the scope ${scope}${why}; make one with --scopes ${scope}.`;
  return { status: 403, title: "Out of scope", detail };
}

/** The refusal of a page that the project does not list. */
export const originRefused: Problem = {
  status: 403,
  title: "Origin not allowed",
  detail: "The project allows pages of listed origins only to ask with its read tokens.",
};

function isReadScope(value: Json): value is ReadScope {
  return typeof value === "string" && (readScopes as readonly string[]).includes(value);
}
