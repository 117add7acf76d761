import type { Server } from "node:http";
import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { createAdminClient } from "../operator/admin.ts";
import { projectRoot } from "../project-root.ts";
import { closeIngest, queueCounter, waitUntilDrained } from "./drain.ts";
import { applyMigrations } from "./migrations.ts";
import { localHost, type Ports } from "./ports.ts";
import { workerdChildrenOf } from "./processes.ts";
import { provision } from "./provision.ts";
import { openRuntimeLog, type RuntimeLog } from "./runtime-log.ts";
import { type Schedule, startSchedule } from "./schedule.ts";
import { startShop } from "./shop-server.ts";
import {
  type LocalConfig,
  type LocalKeys,
  type LocalSecrets,
  loadSecrets,
  readJsonFile,
  type StatePaths,
  writePrivateJson,
} from "./state-files.ts";
import { type LocalWorker, loadWorkers, workerNames } from "./workers.ts";

/** What {@link startLocalPipeline} needs. */
export interface PipelineOptions {
  readonly paths: StatePaths;
  readonly ports: Ports;
  /** The snippet for the shop's page. */
  readonly snippetFor: (ingestUrl: string, writeKey: string) => string;
  /** Told what is being done, for a person who waits. */
  readonly onStep: (text: string) => void;
  /** Told what went wrong in a Worker while it runs. */
  readonly onTrouble: (text: string) => void;
  /** Told the runtimes that this process has started, at the start and after one crashed and was started again. */
  readonly onRuntime: (workerdPids: readonly number[]) => void;
}

/** A pipeline that answers. */
export interface LocalPipeline {
  readonly config: LocalConfig;
  /** Takes no more events and waits for the queue; returns the messages left, `null` when unknown. */
  drain(limitMs: number, onCount: (left: number) => void, signal: AbortSignal): Promise<number | null>;
  /** Stops everything. What the logs hold stays on disk. */
  stop(): Promise<void>;
}

/** Starts the three Workers on one workerd, their state on disk, and the demo shop beside them. Reaches no network. */
export async function startLocalPipeline(options: PipelineOptions): Promise<LocalPipeline> {
  const { paths, ports } = options;
  const secrets = loadSecrets(paths, () =>
    options.onTrouble(`${paths.secrets} was missing or damaged and was made anew. Write keys of before are void.`),
  );
  const ingestUrl = `http://${localHost}:${ports.ingest}`;
  const queryUrl = `http://${localHost}:${ports.query}`;
  const log = openRuntimeLog(paths.log, options.onTrouble);
  options.onStep("Bundling the Workers…");
  const workers = await loadWorkers({ secrets, ingestUrl, queryHost: localHost, queryPort: ports.query });
  options.onStep("Starting workerd…");
  const mf = createRuntime(options, workers, log);
  try {
    await mf.ready;
    options.onRuntime(workerdChildrenOf(process.pid));
    options.onStep("Preparing the database…");
    const database = await mf.getD1Database("DB", workerNames.analytics);
    await applyMigrations(database, join(projectRoot, "analytics", "migrations"));
    options.onStep("Preparing the demo project…");
    const keys = await provisionKeys(paths, queryUrl, secrets);
    const shop = await startShop(ports.shop, options.snippetFor(ingestUrl, keys.writeKey));
    const schedule = startSchedule(mf, workers, (message) =>
      log.take({ timestamp: Date.now(), level: "error", message }),
    );
    const config: LocalConfig = {
      ingestUrl,
      queryUrl,
      dashboardUrl: `${queryUrl}/`,
      shopUrl: `http://${localHost}:${ports.shop}/`,
      project: keys.project,
      writeKey: keys.writeKey,
      serverKey: keys.serverKey,
      readToken: keys.readToken,
      pid: process.pid,
    };
    return runningPipeline(config, { mf, secrets, shop, schedule, log });
  } catch (error) {
    await mf.dispose();
    throw error;
  }
}

function createRuntime(options: PipelineOptions, workers: readonly LocalWorker[], log: RuntimeLog): Miniflare {
  const converted = convertV4MiniflareOptions({
    host: localHost,
    port: options.ports.ingest,
    // A record, so that no location is fetched or made up: rows must not claim to come from Austin.
    cf: {},
    telemetry: { enabled: false },
    resourcePersistencePath: options.paths.persistence,
    log: new Log(LogLevel.ERROR),
    logRequests: false,
    unsafeLocalExplorer: false,
    unsafeObservability: false,
    handleStructuredLogs: (line) => log.take(line),
    unsafeHandleRuntimeRestart: () => {
      options.onRuntime(workerdChildrenOf(process.pid));
      options.onTrouble("workerd crashed and was started again. Messages that its queue held are lost.");
    },
    workers: workers.map((worker) => worker.options),
  });
  return new Miniflare(converted);
}

async function provisionKeys(paths: StatePaths, queryUrl: string, secrets: LocalSecrets): Promise<LocalKeys> {
  const admin = createAdminClient(queryUrl, secrets.operatorToken);
  const keys = await provision(admin, readJsonFile<LocalKeys>(paths.keys), secrets.writeKeySecrets);
  if (!keys.ok) throw new Error(`The demo project could not be made: ${keys.error.message}`);
  writePrivateJson(paths.keys, keys.value);
  return keys.value;
}

interface Parts {
  readonly mf: Miniflare;
  readonly secrets: LocalSecrets;
  readonly shop: Server;
  readonly schedule: Schedule;
  readonly log: RuntimeLog;
}

function runningPipeline(config: LocalConfig, parts: Parts): LocalPipeline {
  const { mf, secrets, shop, schedule, log } = parts;
  return {
    config,
    async drain(limitMs, onCount, signal) {
      const isClosed = await closeIngest(mf, secrets.operatorToken);
      if (!isClosed) return null;
      return waitUntilDrained(queueCounter(mf, secrets.operatorToken), limitMs, onCount, signal);
    },
    async stop() {
      shop.closeAllConnections();
      shop.close();
      // Disposed while a cron may still run: its next run repeats what this one did not finish.
      const crons = schedule.stop();
      await Promise.race([crons, new Promise((done) => setTimeout(done, 2000).unref())]);
      await mf.dispose();
      await log.close();
    },
  };
}
