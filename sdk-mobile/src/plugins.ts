import type { MobileNotice } from "./notices.ts";
import type { MobilePlugin } from "./options.ts";

/** The plugins of one client. */
export interface Plugins {
  /** Adds a plugin; returns what removes it. */
  readonly use: (plugin: MobilePlugin) => () => void;
  /** The event as all plugins want it; `null` when one of them drops it. */
  readonly before: (event: Record<string, unknown>) => Record<string, unknown> | null;
  /** Tells what became of an event, or of a pause. */
  readonly after: (notice: MobileNotice) => void;
}

/** No plugins yet. */
export function createPlugins(): Plugins {
  let plugins: readonly MobilePlugin[] = [];
  return {
    use(plugin) {
      plugins = [...plugins, plugin];
      return () => {
        plugins = plugins.filter((other) => other !== plugin);
      };
    },
    before(event) {
      let current = event;
      for (const { before } of plugins) {
        const wanted = shielded(() => before?.(current));
        if (wanted === null) return null;
        if (wanted !== undefined) current = wanted as Record<string, unknown>;
      }
      return current;
    },
    after(notice) {
      for (const { after } of plugins) shielded(() => after?.(notice));
    },
  };
}

/** What the app's own code returns; `undefined` when it throws, or promises something, which nobody waits for. */
function shielded<T>(run: () => T): T | undefined {
  try {
    const returned = run();
    if (!(returned instanceof Promise)) return returned;
    returned.catch(() => undefined); // what it rejects with is the app's own failure too
  } catch {
    // the app's own code failed; the event goes on as it was
  }
  return undefined;
}
