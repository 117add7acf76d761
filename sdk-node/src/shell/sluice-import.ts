#!/usr/bin/env node
/*
 * sluice-import: sends the history in a file to Sluice. Called as `npx --package @sluice/node sluice-import FILE`.
 * It goes on where an earlier run has ended (FILE.sluice-import.json says where) and stores nothing twice.
 * It never prints the key or an event. Exit code: 0 all delivered, 1 some rows refused, 2 wrong use, 3 given up.
 */
import { appendFileSync, writeFileSync } from "node:fs";
import { Client } from "../client.ts";
import { type ImportArguments, readArguments } from "../import/arguments.ts";
import { type Checkpoint, newCheckpoint, parseCheckpoint } from "../import/checkpoint.ts";
import { progressLine } from "../import/progress-line.ts";
import { runImport } from "../import/run-import.ts";
import { courseOf, headOf, type ImportFile, openImportFile, readIfThere, writeAtomically } from "./import-file.ts";
import { nodePlatform } from "./node-platform.ts";

/** Time between two lines of progress, ms: on a terminal one line is drawn again, elsewhere each is a new one. */
const progressMs = process.stderr.isTTY ? 200 : 10_000;

process.exitCode = await main();

async function main(): Promise<number> {
  const read = readArguments(process.argv.slice(2), process.env);
  if (!read.ok) {
    console.error(read.error);
    return 2;
  }
  try {
    return await importFile(read.value);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error)); // the file cannot be read, or an option is wrong
    return 2;
  }
}

async function importFile(given: ImportArguments): Promise<number> {
  const checkpointPath = `${given.file}.sluice-import.json`;
  const start = startOf(given, checkpointPath);
  if (start.rows > 0)
    console.error(`Going on behind row ${start.rows}, which an earlier run had settled (--fresh begins anew).`);
  if (given.rejects !== null && start.rows === 0) writeFileSync(given.rejects, "");
  const file = await openImportFile(given);
  const client = given.isDryRun ? dryClient() : importClient(given);
  const progress = showProgress(file, start);
  const outcome = await runImport(file.rows, client, given.rules, start, {
    checkpoint: (checkpoint) => {
      if (!given.isDryRun) writeAtomically(checkpointPath, JSON.stringify(checkpoint));
    },
    refused: (row, reason) => {
      if (given.rejects !== null) appendFileSync(given.rejects, `${JSON.stringify({ row, reason })}\n`);
    },
    progress: progress.rows,
  });
  progress.end();
  await client.closeAndFlush();
  const { delivered, rejected, invalid } = outcome.checkpoint;
  const verb = given.isDryRun ? "would be sent" : "delivered";
  console.log(`${delivered} ${verb}, ${rejected} rejected, ${invalid} rows that are no event`);
  if (outcome.kind === "refused") {
    console.error(`The server refused the import (${outcome.reason}); check the host and SLUICE_WRITE_KEY.`);
    return 3;
  }
  return rejected + invalid > 0 ? 1 : 0;
}

/** Where an earlier run of the same file to the same place has ended, else its beginning. */
function startOf(given: ImportArguments, checkpointPath: string): Checkpoint {
  const earlier = given.isFresh ? null : parseCheckpoint(readIfThere(checkpointPath));
  const course = courseOf(given);
  const isSame =
    earlier !== null && earlier.course === course && headOf(given, earlier.head.bytes).hash === earlier.head.hash;
  return isSame ? earlier : newCheckpoint(headOf(given, null), course);
}

function importClient({ host, writeKey }: ImportArguments): Client {
  const limits = {
    flushAt: 2000,
    maxBatchEvents: 2000,
    maxBatchBytes: 1_000_000,
    maxInFlight: 8,
    maxQueueEvents: 80_000,
  };
  const client = new Client({ host, writeKey, ...limits, maxQueueBytes: 64 * 1024 * 1024 }, nodePlatform, "none");
  client.on("retry", ({ status, delayMs }) => {
    const cause = status === 0 ? "no answer" : `status ${status}`;
    console.error(`\nThe server does not take events (${cause}); next attempt in ${Math.ceil(delayMs / 1000)} s.`);
  });
  return client;
}

/** A client that takes everything and sends nothing. */
function dryClient(): Client {
  const options = { host: "http://dry-run.invalid", writeKey: "dry-run", exitTimeoutMs: 0, flushAt: 1 };
  const platform = {
    ...nodePlatform,
    createSend: () => () => Promise.resolve({ status: 200, body: '{"success":true}' }),
  };
  return new Client(options, platform, "none");
}

function showProgress(
  file: ImportFile,
  start: Checkpoint,
): { readonly rows: (rows: number) => void; readonly end: () => void } {
  const startedMs = performance.now();
  let rows = 0;
  const draw = (): void => {
    const seconds = (performance.now() - startedMs) / 1000;
    const line = progressLine({ share: file.share(rows), rows, ownRows: rows - start.rows, seconds });
    process.stderr.write(process.stderr.isTTY ? `\r${line}\u001b[K` : `${line}\n`);
  };
  const timer = setInterval(draw, progressMs);
  timer.unref(); // an import that fails must end
  return {
    rows: (count) => (rows = count),
    end() {
      clearInterval(timer);
      draw();
      if (process.stderr.isTTY) process.stderr.write("\n");
    },
  };
}
