import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, type TestContext } from "vitest";
import { type Answer, FaultServer } from "../sdk-node/testing/fault-server.ts";
import { packedProject } from "../sdk-node/testing/packed-project.ts";
import { type LockFile, lockFileGaps } from "../tools/check/lockfile.ts";
import { findRuntime, installRuntimes, type Runtime, runtimeNames } from "./runtimes/installed.ts";
import { endlessProgram, exitProgram, importProgram, lifeProgram, loads, workerProgram } from "./runtimes/programs.ts";

/*
 * The Node SDK as npm would install it, under every runtime that its README names. The runtimes are a project of their own,
 * test/runtimes/package.json, which is installed here when it is not.
 */
const writeKey = "shop.server.s1.abcdefghijklmnopqrstuv";
/** Longest life of a program, ms: whatever still runs then would never have ended, and is killed. */
const lifeMsMax = 60_000;

let project: string;
let server: FaultServer;
let host: string;
let runtimes: ReadonlyMap<string, Runtime>;

beforeAll(async () => {
  await installRuntimes();
  runtimes = new Map(runtimeNames.flatMap((name) => findRuntime(name) ?? []).map((found) => [found.name, found]));
  project = await packedProject();
}, 900_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));
beforeEach(async () => {
  server = new FaultServer();
  host = await server.listen();
});
afterEach(() => server.close());

interface Scenario {
  readonly options?: object;
  readonly calls: number;
}

interface Ended {
  /** Exit code, or the signal that ended it. */
  readonly end: number | string;
  /** What it reported, a value for each line. */
  readonly reports: readonly unknown[];
}

/** Runs a program of the project; `reported` is called when it has reported something for the first time. */
function run(
  { program, args }: Runtime,
  [file, source]: readonly [string, string],
  { options = {}, calls }: Scenario,
  reported: (kill: (signal: NodeJS.Signals) => void) => void = () => undefined,
): Promise<Ended> {
  writeFileSync(join(project, file), source);
  const SCENARIO = JSON.stringify({ options: { host, writeKey, ...options }, calls });
  // Nothing else of this process's environment: some of it makes runtimes print warnings, which would count as reports.
  const env = {
    PATH: process.env["PATH"],
    SystemRoot: process.env["SystemRoot"],
    HOME: project,
    DENO_NO_UPDATE_CHECK: "1",
    SCENARIO,
  };
  const child = spawn(program, [...args, file], { cwd: project, env });
  const limit = setTimeout(() => child.kill("SIGKILL"), lifeMsMax);
  let [output, errors] = ["", ""];
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on("data", (chunk: Buffer) => {
    if (output === "") reported((signal) => void child.kill(signal));
    output += chunk.toString();
  });
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      clearTimeout(limit);
      const lines = [
        ...output.split("\n").filter((line) => line !== ""),
        ...(errors === "" ? [] : [JSON.stringify({ errors })]),
      ];
      resolve({ end: signal ?? code ?? -1, reports: lines.map((line): unknown => JSON.parse(line)) });
    });
  });
}

/** The runtime of a test, which is skipped where it has no program. */
function runtimeOf(name: string, { skip }: TestContext): Runtime {
  return runtimes.get(name) ?? skip(`there is no ${name} for ${process.platform}-${process.arch}`);
}

/** Whether each user's events came in the order of the calls. */
function isInOrder(): boolean {
  const last = new Map<unknown, number>();
  const numbered = server.events.flatMap(({ userId, properties }) => {
    const { i } = (properties ?? {}) as { readonly i?: number };
    return i === undefined ? [] : [{ userId, i }];
  });
  return numbered.every(({ userId, i }) => {
    const before = last.get(userId) ?? -1;
    last.set(userId, i);
    return i > before;
  });
}

describe.each(runtimeNames)("%s", { timeout: 2 * lifeMsMax }, (name) => {
  test(`SN38: under ${name} nothing is lost, doubled or thrown while requests fail in every way, and the process ends by itself`, async (context) => {
    const faults = new Map<number, Answer>([
      [1, { status: 503, retryAfter: "0" }],
      [3, "hang up"],
      [5, "take and hang up"],
      [7, "silence"],
    ]);
    server.answer = (_, index) => faults.get(index) ?? "ok";
    const options = { maxQueueEvents: 1000, maxBatchEvents: 200, requestTimeoutMs: 2000 };
    const ended = await run(runtimeOf(name, context), ["life.mjs", lifeProgram(loads.import)], {
      options,
      calls: 3000,
    });
    expect(ended).toEqual({ end: 0, reports: [{ delivered: 3005, kept: 0, closed: 5 }] });
    expect(server.taken.size).toBe(3005);
    expect(isInOrder()).toBe(true);
    expect(server.requests[0]?.gzipped).toBe(true);
  });

  test(`SN38: under ${name} a program that uses require() delivers, also on a connection that was closed while it was idle`, async (context) => {
    server.answer = (_, index) => (index === 0 && server.cutNextReuse(), "ok");
    const ended = await run(runtimeOf(name, context), ["life.cjs", lifeProgram(loads.require)], { calls: 100 });
    expect(ended).toEqual({ end: 0, reports: [{ delivered: 105, kept: 0, closed: 5 }] });
    expect(server.taken.size).toBe(105);
  });

  test(`SN38: under ${name} what waits is sent when the program is done, and when SIGTERM ends it`, async (context) => {
    const runtime = runtimeOf(name, context);
    const scenario = { options: { flushIntervalMs: 3_600_000, flushAt: 1000, exitTimeoutMs: 30_000 }, calls: 50 };
    const done = await run(runtime, ["exit.mjs", exitProgram(loads.import)], scenario);
    expect([done, server.taken.size]).toEqual([{ end: 0, reports: ["called"] }, 50]);
    server.taken.clear();
    const endless = endlessProgram(loads.import);
    const ended = await run(runtime, ["endless.mjs", endless], scenario, (kill) => kill("SIGTERM"));
    expect([ended, server.taken.size]).toEqual([{ end: "SIGTERM", reports: ["called"] }, 50]);
  });

  test(`SN38: under ${name} a spool outlives kill -9, and the next run delivers what it holds`, async (context) => {
    const runtime = runtimeOf(name, context);
    const directory = mkdtempSync(join(tmpdir(), "sluice-runtime-spool-"));
    try {
      const scenario = { options: { spool: { directory } }, calls: 300 };
      server.answer = () => ({ status: 503, retryAfter: "300" });
      const killed = await run(runtime, ["endless.mjs", endlessProgram(loads.import)], scenario, (kill) =>
        kill("SIGKILL"),
      );
      expect([killed, server.taken.size]).toEqual([{ end: "SIGKILL", reports: ["called"] }, 0]);
      server.answer = () => "ok";
      const next = await run(runtime, ["life.mjs", lifeProgram(loads.import)], { ...scenario, calls: 0 });
      expect(next).toEqual({ end: 0, reports: [{ delivered: 305, kept: 0, closed: 5 }] });
      expect(isInOrder()).toBe(true);
      expect(readdirSync(directory, { recursive: true })).toEqual([]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test(`SN38: under ${name} the packed sluice-import sends a file`, async (context) => {
    const row = { userId: "u", event: "Old", timestamp: "2020-06-01" };
    writeFileSync(join(project, "old.ndjson"), `${JSON.stringify(row)}\n`.repeat(3));
    rmSync(join(project, "old.ndjson.sluice-import.json"), { force: true });
    const ended = await run(runtimeOf(name, context), ["import.mjs", importProgram("old.ndjson")], { calls: 0 });
    expect(ended).toEqual({ end: 0, reports: ["3 delivered, 0 rejected, 0 rows that are no event"] });
    expect(server.taken.size).toBe(3);
  });
});

test("SN29: the types of the packed package hold for `deno check`", { timeout: lifeMsMax }, async (context) => {
  const { program } = runtimeOf("Deno", context);
  const source = `${loads.import}
    const client = createClient<{ Paid: { revenue: string } }>({ host: "https://in.example.com", writeKey: "k", fetch });
    client.track({ userId: "u", event: "Paid", properties: { revenue: "1" } });
    // @ts-expect-error not in the map
    client.track({ userId: "u", event: "Payed", properties: { revenue: "1" } });`;
  const ended = await run({ name: "Deno", program, args: ["check", "--quiet"] }, ["types.ts", source], { calls: 0 });
  expect(ended).toEqual({ end: 0, reports: [] });
});

test("SN38: the packed package, bundled for workerd, delivers from a Worker", { timeout: lifeMsMax }, async () => {
  const bundled = await build({
    stdin: { contents: workerProgram(loads.import), resolveDir: project },
    ...({ bundle: true, format: "esm", conditions: ["workerd", "worker"], write: false } as const),
  });
  const script = bundled.outputFiles[0]?.text ?? "";
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({ modules: true, script, compatibilityDate: "2026-10-01" }),
  );
  try {
    server.answer = (_, index) => (index === 0 ? { status: 503, retryAfter: "0" } : "ok");
    const options = encodeURIComponent(JSON.stringify({ host, writeKey }));
    const response = await miniflare.dispatchFetch(`http://worker/?calls=100&options=${options}`);
    expect(await response.json()).toEqual([{ delivered: 105, kept: 0, closed: 5 }]);
    expect(server.taken.size).toBe(105);
  } finally {
    await miniflare.dispose();
  }
});

test("SN38: the lock file of the runtimes holds every platform's programs", () => {
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, "runtimes/package-lock.json"), "utf8")) as LockFile;
  expect(Object.keys(lock.packages).length).toBeGreaterThan(20);
  expect(lockFileGaps(lock)).toEqual([]);
});
