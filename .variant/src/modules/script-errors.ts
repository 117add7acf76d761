import type { Tracks } from "./autocapture.ts";

/** Errors that are tracked of one page: a page that fails in a loop must not fill the queue. */
const errorsMax = 20;

/** Tracks uncaught errors and rejections (`Script Error`: message, file without query, line). Returns what ends it. */
export function trackScriptErrors(client: Tracks): () => void {
  const page = globalThis.window;
  let count = 0;
  const track = (message: unknown, file?: string, line?: number): void => {
    if (count++ >= errorsMax) return;
    client.track("Script Error", { message: String(message).slice(0, 500), file: file?.replace(/[?#].*/, ""), line });
  };
  const onError = ({ message, filename, lineno }: ErrorEvent): void => track(message, filename, lineno);
  const onRejection = ({ reason }: PromiseRejectionEvent): void => track(reason);
  page?.addEventListener("error", onError);
  page?.addEventListener("unhandledrejection", onRejection);
  return () => {
    page?.removeEventListener("error", onError);
    page?.removeEventListener("unhandledrejection", onRejection);
  };
}
