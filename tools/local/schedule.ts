import type { Miniflare } from "miniflare";
import { type LocalWorker, workerNames } from "./workers.ts";

/** How often the roll-up runs locally; deployed, its cron says every three minutes. */
const rollUpEveryMs = 1000;
/** How often every other cron runs locally. */
const otherEveryMs = 30_000;

/** The running crons. */
export interface Schedule {
  /** Starts no further run and waits for those under way. */
  stop(): Promise<void>;
}

/** Drives the crons of the Workers, which nothing does by itself locally. A run never overlaps the one before. */
export function startSchedule(
  mf: Miniflare,
  workers: readonly LocalWorker[],
  onFailure: (message: string) => void,
): Schedule {
  const stopping = new AbortController();
  const loops = workers.flatMap((worker) =>
    worker.crons.map((cron, position) => {
      const isRollUp = worker.name === workerNames.analytics && position === 0;
      const everyMs = isRollUp ? rollUpEveryMs : otherEveryMs;
      return repeat(everyMs, stopping.signal, async () => {
        const failure = await runOnce(mf, worker.name, cron);
        if (failure !== null && !stopping.signal.aborted) onFailure(`${worker.name} cron "${cron}": ${failure}`);
      });
    }),
  );
  return {
    async stop() {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

async function runOnce(mf: Miniflare, name: string, cron: string): Promise<string | null> {
  try {
    const worker = await mf.getWorker(name);
    const result = await worker.scheduled({ cron, scheduledTime: new Date() });
    return result.outcome === "ok" ? null : result.outcome;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function repeat(everyMs: number, signal: AbortSignal, run: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await pause(everyMs, signal);
    if (!signal.aborted) await run();
  }
}

/** Waits, or until stopped. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((done) => {
    const timer = setTimeout(done, ms);
    const stop = (): void => {
      clearTimeout(timer);
      done();
    };
    signal.addEventListener("abort", stop, { once: true });
    setTimeout(() => signal.removeEventListener("abort", stop), ms).unref();
  });
}
