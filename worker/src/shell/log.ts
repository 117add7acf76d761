/** Fields of a log line: counts, closed words and names of our own making. Nothing from a request belongs here. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/**
 * Writes one JSON line. An error is logged by its name and where it was thrown, never by its message: messages quote
 * input, and input is personal data.
 */
export function logLine(level: "info" | "warn" | "error", event: string, fields: LogFields, error?: unknown): void {
  console[level](JSON.stringify({ level, event, ...fields, ...(error === undefined ? {} : traceOf(error)) }));
}

const framesMax = 6;

function traceOf(error: unknown): { readonly error: string; readonly at: readonly string[] } {
  if (!(error instanceof Error)) return { error: typeof error, at: [] };
  const frames = (error.stack ?? "").split("\n").map((line) => line.trim());
  return { error: error.name, at: frames.filter((line) => /^at .*:\d+:\d+\)?$/.test(line)).slice(0, framesMax) };
}
