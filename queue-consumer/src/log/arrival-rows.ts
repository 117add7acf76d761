import type { HourArrivals } from "@sluice/schema";
import { groupBy } from "../group-by.ts";
import { arrivalTextLengthMax } from "./limits.ts";

/** Arrivals apart by hour of receipt. */
export function arrivalsByHour(arrivals: HourArrivals): ReadonlyMap<number, HourArrivals> {
  const streams = groupBy(arrivals.streams, ({ hourMs }) => hourMs);
  const untracked = groupBy(arrivals.untracked, ({ hourMs }) => hourMs);
  const hours = new Set([...streams.keys(), ...untracked.keys()]);
  return new Map(
    [...hours].map((hourMs) => [
      hourMs,
      { streams: streams.get(hourMs) ?? [], untracked: untracked.get(hourMs) ?? [] },
    ]),
  );
}

/** The rows that keep the arrivals of an hour: JSON texts of bounded length, of which one is enough but for very many isolates. */
export function arrivalBodies(hour: HourArrivals): readonly string[] {
  const body = JSON.stringify(hour);
  if (body.length <= arrivalTextLengthMax || hour.streams.length <= 1) return [body];
  const middle = hour.streams.length >> 1;
  return [
    ...arrivalBodies({ ...hour, streams: hour.streams.slice(0, middle) }),
    ...arrivalBodies({ streams: hour.streams.slice(middle), untracked: [] }),
  ];
}
