import { hourMs } from "@sluice/schema";
import type { HourRange } from "./hour-range.ts";

/** The whole hours that hold a range of instants: those of the files to look at. */
export function wholeHours({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): HourRange {
  return { fromMs: Math.floor(fromMs / hourMs) * hourMs, toMs: Math.ceil(toMs / hourMs) * hourMs };
}
