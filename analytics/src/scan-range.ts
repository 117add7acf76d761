import { type Dataset, hourMs } from "@sluice/schema";
import type { HourRange } from "./hour-range.ts";

/** What is gone over: the parts of a project's dataset in a range of hours, in the order of their keys. */
export interface Walk {
  readonly dataset: Dataset;
  readonly project: string;
  readonly range: HourRange;
}

/** The whole hours that hold a range of instants: those of the files to look at. */
export function wholeHours({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): HourRange {
  return { fromMs: Math.floor(fromMs / hourMs) * hourMs, toMs: Math.ceil(toMs / hourMs) * hourMs };
}
