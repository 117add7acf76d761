import { sendTimeMsMax } from "../limits.ts";
import { createApp } from "./app.ts";
import { createEdge, type Edge } from "./edge.ts";
import type { Env } from "./env.ts";
import { replaySpills } from "./replay.ts";

/** Makes the Worker's handlers: HTTP, and a cron that replays spilled messages. */
export function createWorker(script: string) {
  let edge: Edge | null = null;
  const edgeOf = (env: Env): Edge => (edge ??= createEdge(env));
  const app = createApp(script, edgeOf);
  return {
    fetch: app.fetch,
    async scheduled(_event: unknown, env: Env): Promise<void> {
      const { counters } = edgeOf(env);
      await replaySpills({ queue: env.EVENTS, lake: env.LAKE, counters, sendTimeMsMax });
    },
  };
}
