import type { Filter } from "../adhoc/filter.ts";
import type { DeclaredKpi } from "./declaration.ts";

/** What of a declared KPI roll-ups or marts hold, so that no scan of the lake is needed. */
export type KeptCount =
  | { readonly kind: "events"; readonly names: readonly string[] }
  | { readonly kind: "users"; readonly name: string };

/**
 * Where a declared KPI's numbers are kept: roll-ups count track events by name (bots included), and marts hold the users of one
 * track event. `null`: the lake has to be scanned.
 */
export function keptCount({ fn, parts, breakdown, includesBots }: DeclaredKpi): KeptCount | null {
  const [part] = parts;
  if (part === undefined || breakdown !== null || fn === "ratio") return null;
  const named = part.filters.filter((filter) => !isOnTracks(filter));
  const [only] = named;
  if (only === undefined || named.length > 1 || only.oneOf === null || !isOf(only, "event")) return null;
  if (fn === "count" && part.measure.ref === null && includesBots) return { kind: "events", names: only.oneOf };
  const [name = "", ...others] = only.oneOf;
  return fn === "unique" && part.isOfUsers && others.length === 0 ? { kind: "users", name } : null;
}

/** Only track events have names. */
function isOnTracks(filter: Filter): boolean {
  return isOf(filter, "type") && filter.oneOf?.length === 1 && filter.oneOf[0] === "track";
}

function isOf({ ref }: Filter, column: "event" | "type"): boolean {
  return ref.kind === "column" && ref.column === column;
}
