import type { HourArrivals } from "@sluice/schema";

/** What arrived in receipt hours from `fromMs` (inclusive) to `toMs` (exclusive). */
export function arrivalsWithin({ streams, untracked }: HourArrivals, fromMs: number, toMs: number): HourArrivals {
  const isAsked = ({ hourMs }: { readonly hourMs: number }): boolean => hourMs >= fromMs && hourMs < toMs;
  return { streams: streams.filter(isAsked), untracked: untracked.filter(isAsked) };
}
