/** One press of Ctrl-C reaches a process several times: from the terminal, from npm, from the bootstrap. */
const samePressMs = 1000;
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Resolves when this process is asked to stop: by a signal, or because the process that started it is gone (its
 * end of standard input closes; only watched when that process says so, with SLUICE_PARENT_PIPE=1).
 * Replaces every listener that libraries have set, since they end the process at once.
 */
export function awaitStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of signals) {
      process.removeAllListeners(signal);
      process.on(signal, () => resolve());
    }
    if (process.env["SLUICE_PARENT_PIPE"] === "1") {
      process.stdin.on("error", () => resolve());
      process.stdin.on("close", () => resolve());
      process.stdin.on("end", () => resolve());
      process.stdin.resume();
    }
  });
}

/** Aborted by a further signal, from a later press, after {@link awaitStop} has resolved. */
export function forcedBy(): AbortSignal {
  const forced = new AbortController();
  const sinceMs = performance.now();
  for (const signal of signals) {
    process.on(signal, () => {
      if (performance.now() - sinceMs > samePressMs) forced.abort();
    });
  }
  return forced.signal;
}
