import type { Row } from "@sluice/lake";
import type { TailPage } from "@sluice/schema";
import { foldColumns } from "../fold-columns.ts";

/** Columns of an event that live numbers are made of: those that the folds of a day read, in the order of a tail's rows. */
export const liveColumns = [...foldColumns, "source", "received_time"] as const satisfies readonly (keyof Row)[];

/** An event that a log holds, and where it stands: a part that includes its sequence holds it as well. */
export interface LiveRow extends Pick<Row, (typeof liveColumns)[number]> {
  readonly shard: number;
  readonly sequence: number;
  readonly hourMs: number;
  readonly takenAtMs: number;
}

/** The events of a tail that was asked for {@link liveColumns}. */
export function liveRows(shard: number, { segments }: Pick<TailPage, "segments">): LiveRow[] {
  return segments
    .filter(({ dataset }) => dataset === "events")
    .flatMap(({ sequence, hourMs, takenAtMs, rows }) => {
      const place = { shard, sequence, hourMs, takenAtMs };
      return rows.map((cells): LiveRow => {
        const named = Object.fromEntries(liveColumns.map((name, i) => [name, cells[i] ?? null]));
        return { ...(named as Pick<LiveRow, (typeof liveColumns)[number]>), ...place };
      });
    });
}
