import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { build, stop } from "esbuild";
import type { V4WorkerOptions } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { projectRoot } from "../project-root.ts";
import type { LocalSecrets } from "./state-files.ts";

/** Folders of the three Workers, in the order in which they are deployed and listed. */
const workerFolders = ["queue-consumer", "worker", "analytics"] as const;

/** Names of the Workers in their wrangler.jsonc. */
export const workerNames = {
  edge: "sluice-worker",
  consumer: "sluice-queue-consumer",
  analytics: "sluice-analytics",
} as const;

/** A Worker ready for the local runtime. */
export interface LocalWorker {
  readonly name: string;
  readonly crons: readonly string[];
  readonly options: V4WorkerOptions;
}

/** What differs locally from the deployed Workers. */
export interface LocalOverrides {
  readonly secrets: LocalSecrets;
  readonly ingestUrl: string;
  readonly queryHost: string;
  readonly queryPort: number;
}

/** Bundles the three Workers and reads their own wrangler.jsonc; the ingest Worker comes first, on the main port. */
export async function loadWorkers(overrides: LocalOverrides): Promise<readonly LocalWorker[]> {
  const workers = await Promise.all(workerFolders.map((folder) => loadWorker(folder, overrides)));
  // Ends esbuild's service process, which would otherwise stay for as long as the pipeline runs.
  await stop();
  return workers.toSorted((a, b) => Number(b.name === workerNames.edge) - Number(a.name === workerNames.edge));
}

/**
 * Local settings over the deployed defaults: fresh numbers within 5 s instead of minutes. The batch timeout, the
 * publishing delay and the roll-up's cron each take a share of those seconds.
 */
function localVars(overrides: LocalOverrides): Record<string, string> {
  return {
    LOCAL: "1",
    REGISTRY_REFRESH_SECONDS: "2",
    PUBLISH_SECONDS: "3",
    PUBLISH_OLD_SECONDS: "3",
    ROLLUP_SECONDS: "0",
    LIVE_CACHE_SECONDS: "0.2",
    INGEST_URL: overrides.ingestUrl,
    WRITE_KEY_SECRETS: overrides.secrets.writeKeySecrets,
    OPERATOR_TOKEN: overrides.secrets.operatorToken,
  };
}

const localBatchTimeoutSeconds = 1;

async function loadWorker(folder: string, overrides: LocalOverrides): Promise<LocalWorker> {
  const configPath = join(projectRoot, folder, "wrangler.jsonc");
  if (!existsSync(configPath)) throw new Error(`${relative(projectRoot, configPath)} is missing`);
  const { workerOptions, main } = unstable_getMiniflareWorkerOptions(configPath);
  if (main === undefined) throw new Error(`${relative(projectRoot, configPath)} names no "main"`);
  // The two packages declare the same options apart: wrangler's type is narrower in places that are not read here.
  // Its module rules are dropped: esbuild has made one module of everything.
  const { modulesRules: _, ...declared } = workerOptions as unknown as V4WorkerOptions;
  const name = declared.name ?? nameOf(folder);
  const script = await bundle(main);
  const isAnalytics = name === workerNames.analytics;
  return {
    name,
    crons: declared.cronTriggers ?? [],
    options: {
      ...declared,
      name,
      modules: true,
      script,
      rootPath: dirname(configPath),
      bindings: { ...declared.bindings, ...localVars(overrides) },
      ...queueConsumersOf(declared),
      ...(isAnalytics && { unsafeDirectSockets: [{ host: overrides.queryHost, port: overrides.queryPort }] }),
    } as V4WorkerOptions,
  };
}

function nameOf(folder: string): string {
  return `sluice-${folder}`;
}

/** The consumer's own settings with a shorter wait; all set, since miniflare's defaults differ from production's. */
function queueConsumersOf(declared: V4WorkerOptions): Pick<V4WorkerOptions, "queueConsumers"> {
  const consumers = declared.queueConsumers;
  if (consumers === undefined || Array.isArray(consumers)) return {};
  const entries = Object.entries(consumers).map(([queue, options]) => [
    queue,
    { maxBatchSize: 100, ...options, maxBatchTimeout: localBatchTimeoutSeconds },
  ]);
  return { queueConsumers: Object.fromEntries(entries) as NonNullable<V4WorkerOptions["queueConsumers"]> };
}

/** One ES module for workerd, as wrangler would bundle it. */
async function bundle(entry: string): Promise<string> {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    platform: "browser",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*", "cloudflare:*"],
    loader: { ".txt": "text" },
    logLevel: "silent",
    sourcemap: "inline",
    sourcesContent: false,
  });
  const output = result.outputFiles[0];
  if (output === undefined) throw new Error(`esbuild made nothing of ${entry}`);
  return output.text;
}
