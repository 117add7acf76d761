import type { Fields } from "@sluice/core";
import type { WebClient } from "../options.ts";

/** What of the client a module needs. */
export type Tracks = Pick<WebClient, "track">;

const interactive = "a,button,input[type=submit],input[type=button],[role=button],[data-track]";

/** What a visitor writes into; whatever holds one of these has no text of its own. */
const writable = "input,textarea,select,[contenteditable]";

/**
 * Tracks clicks (`Element Clicked`) and sent forms (`Form Submitted`): the element's tag, id, text, address and `data-track-*`
 * attributes. What visitors write is never read, addresses lose their query, fragment, mailbox and number, and what lies in
 * `[data-private]` is passed over. Returns what ends it.
 */
export function captureClicksAndForms(client: Tracks): () => void {
  const document = globalThis.window?.document;
  const onEvent = ({ type, target }: Event): void => {
    const isForm = type === "submit";
    const element = (target as Partial<Element>).closest?.<HTMLElement>(isForm ? "form" : interactive);
    if (element && !element.closest("[data-private]")) {
      client.track(isForm ? "Form Submitted" : "Element Clicked", fieldsOf(element, isForm));
    }
  };
  document?.addEventListener("click", onEvent, true);
  document?.addEventListener("submit", onEvent, true);
  return () => {
    document?.removeEventListener("click", onEvent, true);
    document?.removeEventListener("submit", onEvent, true);
  };
}

/** Attributes are asked for by name, because a form's property `id` may be its field of that name. */
function fieldsOf(element: HTMLElement, isForm: boolean): Fields {
  const isWritable = isForm || element.querySelector(writable) || element.closest(writable);
  const fields: Record<string, unknown> = {
    tag: element.tagName.toLowerCase(),
    id: element.getAttribute("id") || undefined,
    text: isWritable ? undefined : element.textContent.trim().slice(0, 100) || undefined,
    href: element.getAttribute("href")?.replace(/^((mailto|tel|sms):).*|[?#].*/i, "$1"),
  };
  const { dataset } = element;
  for (const name in dataset) if (name.startsWith("track")) fields[name] = dataset[name];
  return fields;
}
