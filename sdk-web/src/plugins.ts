import type { Notice } from "./notices.ts";
import type { Plugin } from "./options.ts";

const plugins = new Set<Plugin>();

/** Adds a plugin; returns what removes it. */
export function use(plugin: Plugin): () => void {
  plugins.add(plugin);
  return () => void plugins.delete(plugin);
}

/**
 * Calls a hook of all plugins, one after the other. Returns the event as they want it (`null` when one of them drops it);
 * notices stay what they are.
 */
export function callHooks(hook: "before", event: object): Record<string, unknown> | null;
export function callHooks(hook: "after", notice: Notice): Notice;
export function callHooks(hook: keyof Plugin, value: unknown): unknown {
  for (const plugin of plugins) {
    try {
      const result: unknown = plugin[hook]?.(value as never);
      if (result !== undefined && hook === "before") value = result;
    } catch {
      // the page's own code failed; the event goes on as it was
    }
  }
  return value;
}
