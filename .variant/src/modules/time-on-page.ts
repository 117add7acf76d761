import type { Tracks } from "./autocapture.ts";

/**
 * Tracks how long a page was in sight (`Page Left`: `seconds`), each time that it is hidden or left. Returns what ends it.
 *
 * @param nowMs a clock that only goes forward, ms.
 */
export function trackTimeOnPage(client: Tracks, nowMs = () => globalThis.window.performance.now()): () => void {
  const document = globalThis.window?.document;
  if (!document) return Boolean;
  let sinceMs = nowMs();
  const onChange = (): void => {
    if (document.visibilityState === "visible") sinceMs = nowMs();
    else client.track("Page Left", { seconds: Math.round((nowMs() - sinceMs) / 100) / 10 });
  };
  document.addEventListener("visibilitychange", onChange);
  return () => document.removeEventListener("visibilitychange", onChange);
}
