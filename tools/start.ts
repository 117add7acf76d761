/*
 * `npm start`: runs the whole pipeline on this machine until Ctrl-C, then drains its queue.
 * Called by tools/bootstrap.mjs, which has installed and built everything, and by the tests.
 * It never reaches the network, and never leaves a process behind.
 */
import { snippet } from "@sluice/web";
import { portOf, readArguments } from "./arguments.ts";
import { announcement } from "./local/announcement.ts";
import { type StateLock, takeLock } from "./local/lock.ts";
import { type LocalPipeline, startLocalPipeline } from "./local/pipeline.ts";
import { choosePorts, defaultPort, portMessage, type Ports } from "./local/ports.ts";
import { killAtOnce, workerdChildrenOf } from "./local/processes.ts";
import { removeLocalConfig, type StatePaths, statePaths, writePrivateJson } from "./local/state-files.ts";
import { awaitStop, forcedBy } from "./local/stop-signal.ts";
import { createProgress } from "./terminal/progress.ts";

const drainLimitMs = 20_000;
const usage = "Usage: npm start -- [--port N] [--state DIR]   (three ports from N, 8787 by default; 0 = any free ones)";

// A terminal that was closed takes no more text; draining the queue matters more than telling so.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
const progress = createProgress();
process.exitCode = await main(process.argv.slice(2));
// Handles that a library left open must not keep a stopped pipeline's process.
process.exit();

async function main(args: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  const parsed = readArguments(args, {
    port: { type: "string" },
    state: { type: "string" },
    help: { type: "boolean" },
  });
  if (!parsed.ok) return refuse(`${parsed.error}\n${usage}`);
  if (parsed.value.values.help === true) {
    console.log(usage);
    return 0;
  }
  const base = portOf(parsed.value.values.port ?? String(defaultPort));
  if (base === null) return refuse(`--port takes a whole number from 0 to 65533.\n${usage}`);
  if (parsed.value.positionals.length > 0) return refuse(usage);
  const paths = statePaths(parsed.value.values.state);
  const lock = await lockOf(paths);
  if (typeof lock === "string") return refuse(`The state folder ${paths.folder} cannot be written: ${lock}`);
  if (!lock.ok) {
    return refuse(
      `The state folder ${paths.folder} is in use by another pipeline (process ${lock.error.pid}).\n` +
        "Stop that one with Ctrl-C, or choose another folder and port: npm start -- --state DIR --port 9000",
    );
  }
  try {
    removeLocalConfig(paths);
    const ports = await choosePorts(base);
    if (!ports.ok) return refuse(portMessage(ports.error));
    return await run(paths, ports.value, lock.value, startedMs);
  } catch (error) {
    return refuse(
      `Sluice could not start: ${error instanceof Error ? error.message : String(error)}\nMore in ${paths.log}`,
    );
  } finally {
    removeLocalConfig(paths);
    lock.value.release();
    progress.end();
  }
}

/** The lock of the state folder, or why the folder cannot be used at all. */
async function lockOf(paths: StatePaths): Promise<Awaited<ReturnType<typeof takeLock>> | string> {
  try {
    return await takeLock(paths);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function run(paths: StatePaths, ports: Ports, lock: StateLock, startedMs: number): Promise<number> {
  const pipeline = await startLocalPipeline({
    paths,
    ports,
    snippetFor: (host, writeKey) => snippet({ host, writeKey }),
    onStep: (text) => progress.step(text),
    onTrouble: (text) => progress.note(text),
    onRuntime: (workerdPids) => lock.noteWorkerd(workerdPids),
  });
  // Listened to from here on: miniflare's own listeners would end the process before the queue is drained.
  const stopping = awaitStop();
  writePrivateJson(paths.local, pipeline.config);
  progress.end();
  const { config } = pipeline;
  const text = snippet({ host: config.ingestUrl, writeKey: config.writeKey });
  console.log(announcement(config, text, Date.now(), ((performance.now() - startedMs) / 1000).toFixed(1)));
  await stopping;
  return drainAndStop(pipeline);
}

async function drainAndStop(pipeline: LocalPipeline): Promise<number> {
  const force = forcedBy();
  progress.step("Stopping: draining the local queue… (Ctrl-C again to stop at once)");
  const left = await pipeline.drain(drainLimitMs, (count) => progress.detail(`${count} messages left`), force);
  progress.step("Stopping workerd…");
  await pipeline.stop();
  killAtOnce(workerdChildrenOf(process.pid));
  progress.end();
  console.log(stoppedMessage(left));
  return left === 0 ? 0 : 1;
}

function stoppedMessage(left: number | null): string {
  if (left === 0)
    return "Stopped. The queue was drained; everything taken is stored and will be there at the next start.";
  if (left === null) return "Stopped. The queue's counters could not be read, so events still in it may be lost.";
  return `Stopped with ${left} messages still in the queue, which lives in memory only: their events are lost.`;
}

function refuse(message: string): number {
  progress.end();
  console.error(message);
  return 1;
}
