/** What the progress of an import is drawn from. */
export interface ImportProgress {
  /** From 0 to 1. */
  readonly share: number;
  /** Rows read, those that an earlier run had settled included. */
  readonly rows: number;
  /** Rows that this run has read behind the checkpoint. */
  readonly ownRows: number;
  readonly seconds: number;
}

const barWidth = 24;

/** One line: a bar, the share, rows, rows a second, and the time that is left. */
export function progressLine({ share, rows, ownRows, seconds }: ImportProgress): string {
  const filled = Math.round(Math.min(1, share) * barWidth);
  const bar = "█".repeat(filled) + "░".repeat(barWidth - filled);
  const rate = seconds > 0 ? ownRows / seconds : 0;
  const leftSeconds = share > 0 && rate > 0 ? ((rows / share) * (1 - share)) / rate : 0;
  const left = Math.ceil(Math.max(0, leftSeconds));
  return `${bar} ${Math.floor(share * 100)} %  ${group(rows)} rows  ${group(rate)}/s  ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} left`;
}

function group(count: number): string {
  return Math.round(count).toLocaleString("en-GB");
}
