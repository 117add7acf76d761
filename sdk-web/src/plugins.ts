import type { Notice } from "./notices.ts";
import type { Plugin } from "./options.ts";

let plugins: Plugin[] = [];

/** Adds a plugin; returns what removes it. */
export function use(plugin: Plugin): () => void {
  plugins = [...plugins, plugin];
  return () => {
    plugins = plugins.filter((other) => other !== plugin);
  };
}

/** The event as the plugins, one after the other, want it; `null` when one of them drops it. */
export const before = (event: object): Record<string, unknown> | null => run("before", event) as ReturnType<typeof before>;

/** Tells all plugins what became of an event. */
export const tell = (notice: Notice): unknown => run("after", notice);

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
