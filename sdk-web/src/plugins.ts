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

  function run(hook: keyof Plugin, value: unknown): unknown {
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

  return {
    use(plugin) {
      plugins = [...plugins, plugin];
      return () => {
        plugins = plugins.filter((other) => other !== plugin);
      };
    },
    before: (event) => run("before", event) as typeof event | null,
    tell: (notice) => void run("after", notice),
  };
}
