import type { Tracks } from "./autocapture.ts";

/** The fields of performance entries that are read. */
interface VitalEntry extends PerformanceEntry {
  readonly value?: number;
  readonly hadRecentInput?: boolean;
  readonly interactionId?: number;
  readonly responseStart?: number;
}

/**
 * Tracks web vitals (`Web Vitals`: `ttfb`, `fcp`, `lcp`, `inp` in ms, `cls`) once, when the page is first hidden. `inp` is
 * the longest interaction, `cls` the largest window of layout shifts (https://web.dev/articles/cls: less than 1 s apart, 5 s in
 * all); what a browser does not measure is left out.
 */
export function trackWebVitals(client: Tracks): void {
  const { document, PerformanceObserver } = globalThis.window ?? {};
  if (!document) return;
  const vitals: Record<string, number> = {};
  const observe = (type: string, take: (entry: VitalEntry) => void): void => {
    try {
      const observer = new PerformanceObserver((list) => list.getEntries().forEach(take));
      observer.observe({ type, buffered: true, durationThreshold: 40 } as PerformanceObserverInit);
    } catch {
      // this browser does not measure it
    }
  };
  observe("navigation", ({ responseStart }) => (vitals["ttfb"] = responseStart ?? 0));
  observe("paint", ({ name, startTime }) => {
    if (name === "first-contentful-paint") vitals["fcp"] = startTime;
  });
  observe("largest-contentful-paint", ({ startTime }) => (vitals["lcp"] = startTime));
  let shifts = 0;
  let firstMs = -Infinity;
  let lastMs = -Infinity;
  observe("layout-shift", ({ value = 0, hadRecentInput, startTime }) => {
    if (hadRecentInput) return;
    if (startTime - lastMs >= 1000 || startTime - firstMs >= 5000) {
      shifts = 0;
      firstMs = startTime;
    }
    lastMs = startTime;
    vitals["cls"] = Math.max(vitals["cls"] ?? 0, (shifts += value));
  });
  observe("event", ({ duration, interactionId }) => {
    if (interactionId) vitals["inp"] = Math.max(vitals["inp"] ?? 0, duration);
  });
  const report = (): void => {
    if (document.visibilityState === "visible") return;
    document.removeEventListener("visibilitychange", report);
    const rounded = Object.entries(vitals).map(([name, value]) => [name, Math.round(value * 1000) / 1000] as const);
    client.track("Web Vitals", Object.fromEntries(rounded));
  };
  document.addEventListener("visibilitychange", report);
}
