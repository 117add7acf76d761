import type { Fields } from "@sluice/core";
import type { WebClient } from "../options.ts";

/** What of the client a module needs. */
export type Tracks = Pick<WebClient, "track">;

const interactive = "a,button,input[type=submit],input[type=button],[role=button],[data-track]";

/**
 * Tracks clicks (`Element Clicked`) and sent forms (`Form Submitted`): the element's tag, id, text and `data-track-*`
 * attributes. Values of inputs are never read; what lies in `[data-private]` is passed over. Returns what ends it.
 */
export function captureClicksAndForms(client: Tracks): () => void {
  const { document } = globalThis.window;
  const onEvent = ({ type, target }: Event): void => {
    const isForm = type === "submit";
    const element = (target as Element).closest<HTMLElement>(isForm ? "form" : interactive);
    if (element && !element.closest("[data-private]")) {
      client.track(isForm ? "Form Submitted" : "Element Clicked", fieldsOf(element, isForm));
    }
  };
  document.addEventListener("click", onEvent, true);
  document.addEventListener("submit", onEvent, true);
  return () => {
    document.removeEventListener("click", onEvent, true);
    document.removeEventListener("submit", onEvent, true);
  };
}

/** Text of an element is its label; that of a form would be what its fields say. */
function fieldsOf(element: HTMLElement, isForm: boolean): Fields {
  const { tagName, id, dataset } = element;
  const fields: Record<string, unknown> = {
    tag: tagName.toLowerCase(),
    id: id || undefined,
    text: isForm ? undefined : element.textContent.trim().slice(0, 100) || undefined,
    href: element.getAttribute("href") ?? undefined,
  };
  for (const name in dataset) if (name.startsWith("track")) fields[name] = dataset[name];
  return fields;
}
