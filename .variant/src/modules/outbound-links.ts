import type { Tracks } from "./autocapture.ts";

/** Tracks links that are followed to another host (`Outbound Link Clicked`: host and path). Returns what ends it. */
export function trackOutboundLinks(client: Tracks): () => void {
  const page = globalThis.window;
  const onClick = ({ target, button }: MouseEvent): void => {
    const link = (target as Partial<Element>).closest?.<HTMLAnchorElement>("a[href]");
    if (!link?.host || button > 1 || link.host === page.location.host) return;
    client.track("Outbound Link Clicked", { host: link.host, path: link.pathname });
  };
  page?.addEventListener("click", onClick, true);
  page?.addEventListener("auxclick", onClick, true); // the middle button, which opens another tab
  return () => {
    page?.removeEventListener("click", onClick, true);
    page?.removeEventListener("auxclick", onClick, true);
  };
}
