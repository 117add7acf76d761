import { type Row, rowCharsMax } from "./row.ts";

/** Columns of a record that are read; a record of more is no row. */
const columnsMax = 10_000;

/**
 * Reads comma-separated values (RFC 4180), the first record being the heading. Records end with LF, CRLF or CR. Cells are texts;
 * an empty one is absent. A quote within an unquoted cell is taken as it is. Throws when a name stands twice in the heading.
 *
 * @param delimiter one character, "," in most files.
 */
export async function* readCsv(chunks: AsyncIterable<string>, delimiter: string): AsyncGenerator<Row> {
  const parser = new CsvParser(delimiter);
  let names: readonly string[] | null = null;
  let number = 0;
  const rowOf = (cells: readonly string[], isWhole: boolean): Row | null => {
    if (cells.length === 1 && cells[0] === "") return null;
    if (names === null) {
      names = headingOf(cells);
      return null;
    }
    const fields = isWhole ? fieldsOf(cells, names) : null;
    return { number: ++number, text: JSON.stringify(cells), fields };
  };
  for await (const chunk of chunks) {
    for (const cells of parser.read(chunk)) {
      const row = rowOf(cells, true);
      if (row !== null) yield row;
    }
  }
  const last = parser.end();
  const row = last === null ? null : rowOf(last.cells, last.isWhole);
  if (row !== null) yield row;
}

function headingOf(cells: readonly string[]): readonly string[] {
  const names = cells.map((name, index) => (index === 0 ? name.replace(/^\ufeff/, "") : name).trim());
  const twice = names.find((name, index) => name !== "" && names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`The column ${JSON.stringify(twice)} stands twice in the heading.`);
  return names;
}

/** Cells by the names of their columns; `null` when they are too many or too long. Empty ones at the end may be too many. */
function fieldsOf(cells: readonly string[], names: readonly string[]): Row["fields"] {
  const length = cells.reduce((sum, cell) => sum + cell.length, 0);
  const isTooWide = cells.slice(names.length).some((cell) => cell !== "");
  if (isTooWide || cells.length > columnsMax || length >= rowCharsMax) return null;
  return Object.fromEntries(
    cells.map((cell, index) => [names[index] ?? "", cell] as const).filter(([, cell]) => cell !== ""),
  );
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
  /** The last record was ended by CR: an LF behind it belongs to it. */
  #isBehindReturn = false;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
    this.#special = new RegExp(`[\\r\\n${delimiter.replace(/[\\\]^-]/, "\\$&")}]`, "g");
  }

  *read(chunk: string): Generator<readonly string[]> {
    let at = 0;
    while (at < chunk.length) {
      const character = chunk.charAt(at);
      const isSecondHalf = this.#isBehindReturn && character === "\n";
      this.#isBehindReturn = false;
      if (isSecondHalf) {
        at++;
        continue;
      }
      this.#isStarted = true;
      if (this.#quotes === "open") {
        const quote = chunk.indexOf('"', at);
        this.#append(chunk.slice(at, quote < 0 ? chunk.length : quote));
        if (quote < 0) return;
        this.#quotes = "closed";
        at = quote + 1;
      } else if (character === '"' && (this.#quotes === "closed" || this.#cell === "")) {
        if (this.#quotes === "closed") this.#append('"');
        this.#quotes = "open";
        at++;
      } else if (character === this.#delimiter) {
        this.#endCell();
        at++;
      } else if (character === "\n" || character === "\r") {
        this.#isBehindReturn = character === "\r";
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

  /** The last record, when no line end stood behind it; not whole when a quote of it was never closed. */
  end(): { readonly cells: readonly string[]; readonly isWhole: boolean } | null {
    const isWhole = this.#quotes !== "open";
    return this.#isStarted ? { cells: this.#endRecord(), isWhole } : null;
  }

  #append(text: string): void {
    if (this.#cell.length < rowCharsMax) this.#cell += text;
  }

  #endCell(): void {
    // One more than is read, so that a record of too many is told from a whole one.
    if (this.#cells.length <= columnsMax) this.#cells.push(this.#cell);
    this.#cell = "";
    this.#quotes = "none";
  }

  #endRecord(): readonly string[] {
    this.#endCell();
    const cells = this.#cells;
    this.#cells = [];
    this.#isStarted = false;
    return cells;
  }
}
