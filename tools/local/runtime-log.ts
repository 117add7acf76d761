import { createWriteStream, type WriteStream } from "node:fs";
import { printable } from "../terminal/table.ts";

/** One line that a Worker wrote. */
export interface RuntimeLine {
  readonly timestamp: number;
  readonly level: string;
  readonly message: string;
}

/** The Workers' own output: all of it in a file, warnings and errors to a person, repeated ones once a minute. */
export interface RuntimeLog {
  take(line: RuntimeLine): void;
  close(): Promise<void>;
}

const repeatAfterMs = 60_000;
const rememberedMax = 200;

/** Opens the log file anew; `tell` gets what a person should see. */
export function openRuntimeLog(path: string, tell: (text: string) => void): RuntimeLog {
  const file: WriteStream = createWriteStream(path, { flags: "w", mode: 0o600 });
  const toldAtMs = new Map<string, number>();
  return {
    take(line) {
      file.write(`${new Date(line.timestamp).toISOString()} ${line.level} ${line.message}\n`);
      if (line.level !== "error" && line.level !== "warn") return;
      const firstLine = printable(line.message.split("\n")[0] ?? "").slice(0, 300);
      const lastMs = toldAtMs.get(firstLine) ?? -Infinity;
      if (line.timestamp - lastMs < repeatAfterMs) return;
      if (toldAtMs.size >= rememberedMax) toldAtMs.clear();
      toldAtMs.set(firstLine, line.timestamp);
      tell(`${line.level}: ${firstLine}`);
    },
    close: () => new Promise((done) => file.end(done)),
  };
}
