/** Where progress goes: one line that is rewritten on a terminal, one line per step elsewhere. */
export interface Progress {
  /** What is being done now. On a terminal the line is replaced, elsewhere a new step is a new line. */
  step(text: string): void;
  /** A detail of the step (a count): shown on a terminal only, so that logs stay short. */
  detail(text: string): void;
  /** Prints a lasting line; the progress line stays below it. */
  note(text: string): void;
  /** Ends the progress line. */
  end(): void;
}

/** The part of a stream that progress needs. */
export type ProgressStream = Pick<NodeJS.WriteStream, "write"> & { isTTY?: boolean; columns?: number };

/** Progress on a stream; standard error by default, so that standard output stays for results. */
export function createProgress(stream: ProgressStream = process.stderr): Progress {
  const isTerminal = stream.isTTY === true;
  let current = "";
  let shown = "";
  const draw = (text: string): void => {
    if (!isTerminal) return;
    const width = (stream.columns || 80) - 1; // 0 on a terminal that does not know its size
    const cut = text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text;
    stream.write(`\r${cut}${" ".repeat(Math.max(0, shown.length - cut.length))}`);
    shown = cut;
  };
  const clear = (): void => {
    if (isTerminal && shown !== "") stream.write(`\r${" ".repeat(shown.length)}\r`);
    shown = "";
  };
  return {
    step(text) {
      if (text === current) return;
      current = text;
      if (isTerminal) draw(text);
      else stream.write(`${text}\n`);
    },
    detail: (text) => draw(`${current} ${text}`),
    note(text) {
      clear();
      stream.write(`${text}\n`);
      draw(current);
    },
    end() {
      clear();
      current = "";
    },
  };
}
