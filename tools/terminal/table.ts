/** Lays rows out in columns under a heading, two spaces apart; numbers (cells that look like one) to the right. */
export function formatTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heading.map((name, column) => Math.max(name.length, ...rows.map((row) => (row[column] ?? "").length)));
  const isNumeric = heading.map(
    (_, column) => rows.length > 0 && rows.every((row) => /^-?[\d.,]+$/.test(row[column] ?? "")),
  );
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, column) => {
        const cell = printable(cells[column] ?? "");
        return isNumeric[column] === true ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [line(heading), line(widths.map((width) => "─".repeat(width))), ...rows.map(line)].join("\n");
}

/** Text from a server, without control characters that could drive the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "�");
}
