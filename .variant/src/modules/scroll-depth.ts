import type { Tracks } from "./autocapture.ts";

/** Shares of the page's height, in percent. */
const depths = [25, 50, 75, 100];

/** Tracks how far a page is scrolled (`Page Scrolled`: `depth` 25, 50, 75, 100), each once. Returns what ends it. */
export function trackScrollDepth(client: Tracks): () => void {
  const page = globalThis.window;
  let reached = 0;
  const onScroll = (): void => {
    const { scrollHeight } = page.document.documentElement;
    const percent = ((page.scrollY + page.innerHeight) / scrollHeight) * 100 + 0.5;
    while (percent >= (depths[reached] ?? Infinity)) client.track("Page Scrolled", { depth: depths[reached++] });
  };
  page?.addEventListener("scroll", onScroll, { passive: true });
  return () => page?.removeEventListener("scroll", onScroll);
}
