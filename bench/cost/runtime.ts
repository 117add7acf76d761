import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, type V4WorkerOptions } from "miniflare";
import { applyMigrations } from "../../tools/local/migrations.ts";
import { workerdChildrenOf } from "../../tools/local/processes.ts";
import { workerNames } from "../../tools/local/workers.ts";
import { createAdminClient } from "../../tools/operator/admin.ts";
import { projectRoot } from "../../tools/project-root.ts";
import { operatorToken } from "./workers.ts";
import { cpuSecondsOf } from "../load/cpu.ts";

/** Project and source that a bench sends to. */
export const project = "shop";

/** A running pipeline without crons: the bench drives them. */
export interface BenchRuntime {
  readonly mf: Miniflare;
  /** Base URL of a Worker's own socket, without a slash at the end. */
  urlOf(worker: string): Promise<string>;
  /** Runs a Worker's cron. */
  tick(worker: string): Promise<void>;
  /** CPU time that workerd has used since it started, ms. `NaN` where /proc does not tell: anywhere but on Linux. */
  cpuMs(): number;
  stop(): Promise<void>;
}

/** Starts Workers in one workerd, with state in memory, and makes the project where analytics is among them. */
export async function startRuntime(workers: readonly V4WorkerOptions[]): Promise<BenchRuntime> {
  const before = new Set(workerdChildrenOf(process.pid));
  const mf = new Miniflare(
    convertV4MiniflareOptions({
      log: new Log(LogLevel.ERROR),
      handleStructuredLogs: () => undefined,
      telemetry: { enabled: false },
      cf: {},
      unsafeLocalExplorer: false,
      unsafeObservability: false,
      workers: [...workers],
    }),
  );
  const runtime = runtimeOf(mf, before);
  try {
    await mf.ready;
    if (workers.some((worker) => worker.name === workerNames.analytics)) await makeProject(runtime);
    return runtime;
  } catch (error) {
    await mf.dispose();
    throw error;
  }
}

function runtimeOf(mf: Miniflare, others: ReadonlySet<number>): BenchRuntime {
  let pids: readonly number[] = [];
  return {
    mf,
    urlOf: async (worker) => (await mf.unsafeGetDirectURL(worker)).href.replace(/\/$/, ""),
    async tick(name) {
      const worker = await mf.getWorker(name);
      const { outcome } = await worker.scheduled({ cron: "* * * * *", scheduledTime: new Date() });
      if (outcome !== "ok") throw new Error(`the cron of ${name} ended with ${outcome}`);
    },
    cpuMs() {
      if (process.platform !== "linux") return Number.NaN;
      if (pids.length === 0) pids = workerdChildrenOf(process.pid).filter((pid) => !others.has(pid));
      return pids.reduce((sum, pid) => sum + (cpuSecondsOf(pid) ?? Number.NaN) * 1000, 0);
    },
    stop: () => mf.dispose(),
  };
}

async function makeProject(runtime: BenchRuntime): Promise<void> {
  const database = await runtime.mf.getD1Database("DB", workerNames.analytics);
  await applyMigrations(database, join(projectRoot, "analytics", "migrations"));
  const admin = createAdminClient(await runtime.urlOf(workerNames.analytics), operatorToken);
  for (const [path, body] of [
    ["/v1/admin/projects", { project }],
    [`/v1/admin/projects/${project}/sources`, { source: "web" }],
  ] as const) {
    const made = await admin.call("POST", path, body);
    if (!made.ok) throw new Error(`the project could not be made: ${made.error.message}`);
  }
}
