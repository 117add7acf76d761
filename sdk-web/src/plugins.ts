import type { Notice } from "./notices.ts";
import type { Plugin } from "./options.ts";

/** The plugins of a client. What they throw is ignored: the page's own code must not stop the delivery. */
export interface Plugins {
  /** Returns what removes the plugin. */
  readonly use: (plugin: Plugin) => () => void;
  /** The event as the plugins, one after the other, want it; `null` when one of them drops it. */
  readonly before: (event: Record<string, unknown>) => Record<string, unknown> | null;
  /** Tells all plugins what became of an event. */
  readonly tell: (notice: Notice) => void;
}

/** A client without plugins. */
export function createPlugins(): Plugins {
  let plugins: Plugin[] = [];
  return {
    use(plugin) {
      plugins = [...plugins, plugin];
      return () => {
        plugins = plugins.filter((other) => other !== plugin);
      };
    },
    before(event) {
      let current: Record<string, unknown> | null = event;
      for (const plugin of plugins) {
        try {
          if (current && plugin.before) current = plugin.before(current) as typeof current;
        } catch {
          // the event goes on as it was
        }
      }
      return current;
    },
    tell(notice) {
      for (const { after } of plugins) {
        try {
          after?.(notice);
        } catch {
          // the delivery goes on
        }
      }
    },
  };
}
