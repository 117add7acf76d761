import { compareText } from "@sluice/lake";
import type { Dimension, DimensionValues } from "./dimensions.ts";
import { activeTypes, countedEvents } from "./metrics.ts";

/*
 * Cells of the mart `user_day`: the sets of events for which it keeps each id's activity.
 *
 *   all              every event
 *   paid=EUR         Order Completed and Order Refunded in a currency; `paid=` where none is stated
 *   event=Signed Up  track events of a name
 *   country=DE       active events with a value of a declared dimension
 */

/** The cell of every event. */
export const allCell = "all";

/** Beginnings of the cells by which every day is counted, in the order of the mart: they come first. */
export const countedCells = [allCell, "paid="] as const;

/** The columns of an event that decide its cells. */
export interface CellRow extends Partial<DimensionValues> {
  readonly type: string;
  readonly event: string | null;
  readonly currency: string | null;
}

/** The cell of paying in a currency, as stated by the events; "" for none. */
export function paidCell(currency: string): string {
  return `paid=${currency}`;
}

/** The cell of a track event's name. */
export function eventCell(name: string): string {
  return `event=${name}`;
}

/** The cell of a dimension's value. */
function dimensionCell(dimension: Dimension, value: string): string {
  return `${dimension}=${value}`;
}

/** The cells of event names, each text made once: making and hashing it anew for each event took a tenth of a roll-up. */
export class CellTexts {
  readonly #texts = new Map<string, string>();

  event(name: string): string {
    let text = this.#texts.get(name);
    if (text === undefined) {
      if (this.#texts.size >= textsMax) this.#texts.clear();
      text = eventCell(name);
      this.#texts.set(name, text);
    }
    return text;
  }
}

/** A stranger can invent names without end. */
const textsMax = 4_096;

/** The cells that an event belongs to. */
export function cellsOf(row: CellRow, dimensions: readonly Dimension[], texts: CellTexts): string[] {
  const cells = [allCell];
  if (row.type === "track" && row.event !== null) {
    cells.push(texts.event(row.event));
    if (row.event === countedEvents.orderCompleted || row.event === countedEvents.orderRefunded) {
      cells.push(paidCell(row.currency ?? ""));
    }
  }
  if (!isActiveType(row.type)) return cells;
  for (const dimension of dimensions) {
    const value = row[dimension];
    if (typeof value === "string") cells.push(dimensionCell(dimension, value));
  }
  return cells;
}

/** Whether events of a type make their user active. */
export function isActiveType(type: string): boolean {
  return (activeTypes as readonly string[]).includes(type);
}

/** Orders cells as the mart does: `all`, then paying, then the others, so that the questions asked most read least. */
export function compareCells(a: string, b: string): number {
  return cellRank(a) - cellRank(b) || compareText(a, b);
}

/** Whether no cell that begins with `prefix` comes after `cell` in the mart. */
export function isBehind(cell: string, prefix: string): boolean {
  const rank = cellRank(cell) - cellRank(prefix);
  return rank > 0 || (rank === 0 && cell > prefix && !cell.startsWith(prefix));
}

function cellRank(cell: string): number {
  if (cell === allCell) return 0;
  return cell.startsWith("paid=") ? 1 : 2;
}
