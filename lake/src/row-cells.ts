/** Rows looked at before a dictionary is made of all: of a column of mostly different values none is. */
const sampleRows = 1000;

/**
 * Which cells the rows of a row group have: each cell once, as a slot, in the order of the rows. Columns that share their rows'
 * places share this too, so that what is asked of a cell is asked once, however many rows have it.
 */
export interface RowCells {
  readonly rows: number;
  /** The cell of each slot. */
  readonly cells: Uint32Array;
  /** For each row its slot; `null` where each row has a slot of its own. */
  readonly slots: Uint32Array | null;
  /** For each slot how many rows have it; `null` where each row has its own. */
  readonly counts: Uint32Array | null;
  /** Slots of the first rows, and how many of those rows have them. */
  readonly sampleSlots: number;
  readonly sampleCounts: Uint32Array | null;
}

/**
 * @param at for each row the place of its cell.
 * @param cellCount number of cells that places count.
 */
export function rowCellsOf(at: Uint32Array, cellCount: number): RowCells {
  const slotOf = new Uint32Array(cellCount); // plus 1
  const cells = new Uint32Array(at.length);
  const slots = new Uint32Array(at.length);
  const counts = new Uint32Array(at.length);
  let used = 0;
  let sampleSlots = 0;
  let sampleCounts = counts;
  for (let row = 0; row < at.length; row++) {
    if (row === sampleRows) {
      sampleSlots = used;
      sampleCounts = counts.slice(0, used);
    }
    const cell = at[row] ?? 0;
    let slot = (slotOf[cell] ?? 0) - 1;
    if (slot < 0) {
      slot = used++;
      slotOf[cell] = used;
      cells[slot] = cell;
    }
    slots[row] = slot;
    counts[slot] = (counts[slot] ?? 0) + 1;
  }
  if (at.length <= sampleRows) sampleSlots = used;
  const isOwn = used === at.length;
  return {
    rows: at.length,
    cells: cells.subarray(0, used),
    slots: isOwn ? null : slots,
    counts: isOwn ? null : counts,
    sampleSlots,
    sampleCounts: isOwn ? null : sampleCounts,
  };
}
