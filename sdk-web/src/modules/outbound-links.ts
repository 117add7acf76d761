import type { Tracks } from "./autocapture.ts";

/** Tracks links that are followed to another host (`Outbound Link Clicked`: host and path). Returns what ends it. */
export function trackOutboundLinks(client: Tracks): () => void {
  const { document, location } = globalThis.window;
  const onClick = ({ target }: Event): void => {
    const link = (target as Element).closest<HTMLAnchorElement>("a[href]");
    if (!link?.host || link.host === location.host) return;
    client.track("Outbound Link Clicked", { host: link.host, path: link.pathname });
  };
  document.addEventListener("click", onClick, true);
  return () => document.removeEventListener("click", onClick, true);
}
