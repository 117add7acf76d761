/**
 * The value at `percent` of some numbers as SQL's PERCENTILE_DISC and DuckDB's `quantile_disc` define it: the smallest of
 * them that at least `percent` of all do not exceed. `null` of none.
 *
 * @param sorted in ascending order.
 * @param percent from 1 to 100, a whole number, so that no rounding of fractions decides.
 */
export function quantileDisc(sorted: readonly number[], percent: number): number | null {
  const rank = Math.ceil((sorted.length * percent) / 100);
  return sorted[Math.max(rank, 1) - 1] ?? null;
}
