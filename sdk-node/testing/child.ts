import { type ChildProcess, spawn } from "node:child_process";

/** A program of a test in a process of its own, with the built package. */
export interface Child {
  readonly process: ChildProcess;
  /** Everything it has printed. */
  readonly output: () => string;
  /** Resolves when it has printed this. */
  readonly printed: (text: string) => Promise<void>;
  /** Resolves when it has ended, with its code or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** Runs a module that knows `createClient`, `host` and `writeKey`. It is killed after a while, so that no test leaves it behind. */
export function runChild(host: string, code: string): Child {
  const entry = new URL("../dist/index.js", import.meta.url).href;
  const source = `
    import { createClient } from ${JSON.stringify(entry)};
    const host = ${JSON.stringify(host)};
    const writeKey = "shop.server.s1.abcdefghijklmnopqrstuv";
    ${code}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: ["pipe", "pipe", "inherit"] });
  const limit = setTimeout(() => child.kill("SIGKILL"), 25_000);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | string>((resolve) => {
    child.on("close", (status, signal) => {
      clearTimeout(limit);
      resolve(signal ?? status ?? -1);
    });
  });
  const printed = async (text: string): Promise<void> => {
    while (!output.includes(text)) {
      if (child.exitCode !== null) throw new Error(`the child ended before it printed ${text}: ${output}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return { process: child, output: () => output, printed, ended };
}
