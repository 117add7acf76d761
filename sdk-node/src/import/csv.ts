import { type Row, rowCharsMax } from "./row.ts";

/**
 * Reads comma-separated values (RFC 4180), the first record being the heading. Cells are texts; an empty one is absent.
 * A quote within an unquoted cell is taken as it is.
 *
 * @param delimiter one character, "," in most files.
 */
export async function* readCsv(chunks: AsyncIterable<string>, delimiter: string): AsyncGenerator<Row> {
  const parser = new CsvParser(delimiter);
  let heading: readonly string[] | null = null;
  let number = 0;
  const rowOf = (cells: readonly string[]): Row | null => {
    if (cells.length === 1 && cells[0] === "") return null;
    if (heading === null) {
      heading = cells.map((name, index) => (index === 0 ? name.replace(/^\ufeff/, "") : name).trim());
      return null;
    }
    const names = heading;
    const isReadable = cells.length <= names.length && cells.reduce((sum, cell) => sum + cell.length, 0) < rowCharsMax;
    const entries = cells.map((cell, index) => [names[index] ?? "", cell] as const).filter(([, cell]) => cell !== "");
    return { number: ++number, text: JSON.stringify(cells), fields: isReadable ? Object.fromEntries(entries) : null };
  };
  for await (const chunk of chunks) {
    for (const cells of parser.read(chunk)) {
      const row = rowOf(cells);
      if (row !== null) yield row;
    }
  }
  const last = parser.end();
  const row = last === null ? null : rowOf(last);
  if (row !== null) yield row;
}

/** Splits text that comes in pieces into records of cells. */
class CsvParser {
  readonly #delimiter: string;
  readonly #special: RegExp;
  #cells: string[] = [];
  #cell = "";
  /** `open`: within quotes; `closed`: behind a quote within quotes, which ends the cell or is half of a doubled one. */
  #quotes: "none" | "open" | "closed" = "none";
  #isStarted = false;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
    this.#special = new RegExp(`[\\n${delimiter.replace(/[\\\]^-]/, "\\$&")}]`, "g");
  }

  *read(chunk: string): Generator<readonly string[]> {
    let at = 0;
    while (at < chunk.length) {
      this.#isStarted = true;
      if (this.#quotes === "open") {
        const quote = chunk.indexOf('"', at);
        this.#append(chunk.slice(at, quote < 0 ? chunk.length : quote));
        if (quote < 0) return;
        this.#quotes = "closed";
        at = quote + 1;
        continue;
      }
      const character = chunk.charAt(at);
      if (character === '"' && (this.#quotes === "closed" || this.#cell === "")) {
        if (this.#quotes === "closed") this.#append('"');
        this.#quotes = "open";
        at++;
      } else if (character === this.#delimiter) {
        this.#endCell();
        at++;
      } else if (character === "\n") {
        yield this.#endRecord();
        at++;
      } else {
        this.#special.lastIndex = at;
        const end = this.#special.exec(chunk)?.index ?? chunk.length;
        this.#append(chunk.slice(at, end));
        at = end;
      }
    }
  }

  /** The last record, when no line end stood behind it. */
  end(): readonly string[] | null {
    return this.#isStarted ? this.#endRecord() : null;
  }

  #append(text: string): void {
    if (this.#cell.length < rowCharsMax) this.#cell += text;
  }

  #endCell(): void {
    this.#cells.push(this.#cell);
    this.#cell = "";
    this.#quotes = "none";
  }

  #endRecord(): readonly string[] {
    if (this.#cell.endsWith("\r")) this.#cell = this.#cell.slice(0, -1);
    this.#endCell();
    const cells = this.#cells;
    this.#cells = [];
    this.#isStarted = false;
    return cells;
  }
}
