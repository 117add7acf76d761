import { dirname, join } from "node:path";
import { build } from "esbuild";
import type { V4WorkerOptions } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { projectRoot } from "../../tools/project-root.ts";
import { writeKeySecret } from "../../worker/testing/write-keys.ts";

/** Token of the internal endpoints of a bench's Workers. */
export const operatorToken = "bench";

/** How a bench's Workers differ from the deployed ones. */
export interface BenchWorker {
  /** Folder with the wrangler.jsonc. */
  readonly folder: string;
  /** Module in place of the Worker's own, from the project's root. */
  readonly entry: string;
  readonly vars?: Readonly<Record<string, string>>;
  /** Global constants of the bundle, as JavaScript. */
  readonly define?: Readonly<Record<string, string>>;
  /** Wait of the queue's batches, in seconds. */
  readonly batchTimeoutSeconds?: number;
}

/** A Worker with its deployed settings from wrangler.jsonc, bundled, on a socket of its own. */
export async function benchWorker(worker: BenchWorker): Promise<V4WorkerOptions> {
  const configPath = join(projectRoot, worker.folder, "wrangler.jsonc");
  const { workerOptions } = unstable_getMiniflareWorkerOptions(configPath);
  const { modulesRules: _, ...declared } = workerOptions as unknown as V4WorkerOptions;
  const consumers = Object.entries(declared.queueConsumers ?? {}).map(
    ([queue, options]) =>
      [queue, { ...(options as object), maxBatchTimeout: worker.batchTimeoutSeconds ?? 0 }] as const,
  );
  return {
    ...declared,
    name: declared.name ?? `sluice-${worker.folder}`,
    modules: true,
    script: await bundle(worker.entry, worker.define ?? {}),
    rootPath: dirname(configPath),
    bindings: {
      ...declared.bindings,
      WRITE_KEY_SECRETS: writeKeySecret,
      OPERATOR_TOKEN: operatorToken,
      ...worker.vars,
    },
    queueConsumers: Object.fromEntries(consumers) as NonNullable<V4WorkerOptions["queueConsumers"]>,
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  } as V4WorkerOptions;
}

async function bundle(entry: string, define: Readonly<Record<string, string>>): Promise<string> {
  const result = await build({
    entryPoints: [join(projectRoot, entry)],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*", "cloudflare:*"],
    loader: { ".txt": "text" },
    define: { ...define },
    logLevel: "silent",
  });
  return result.outputFiles[0]?.text ?? "";
}
