import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { announcement, sampleEvent, sampleQuery } from "../tools/local/announcement.ts";
import { commandOf, isAlive, workerdChildrenOf } from "../tools/local/processes.ts";
import { type LocalConfig, readJsonFile } from "../tools/local/state-files.ts";
import { projectRoot } from "../tools/project-root.ts";
import { spawnStart, startPipeline, type TestPipeline } from "./pipeline.ts";

/** Sends the event of the printed `curl`. */
async function sendSample(local: LocalConfig): Promise<Response> {
  const event = sampleEvent(local);
  const headers = { authorization: `Basic ${btoa(`${event.writeKey}:`)}` };
  return fetch(event.url, { method: "POST", headers, body: event.body });
}

/** The number that the printed `curl` counts. */
async function countEvents(local: LocalConfig): Promise<number> {
  const query = sampleQuery(local, Date.now());
  const response = await fetch(query.url, { headers: { authorization: `Bearer ${query.readToken}` } });
  expect(response.status).toBe(200);
  const answer = (await response.json()) as { metrics: { events: { buckets: { value: number }[] } } };
  return answer.metrics.events.buckets.reduce((sum, bucket) => sum + bucket.value, 0);
}

describe("npm start", () => {
  const stateDir = mkdtempSync(join(tmpdir(), "sluice-start-"));
  let pipeline: TestPipeline;

  beforeAll(async () => {
    pipeline = await startPipeline({ stateDir });
  });
  afterAll(async () => {
    if (isAlive(pipeline.pid)) await pipeline.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  test("O1: prints the URLs, the key, the snippet and two requests, of which the second counts the first within 10 s", async () => {
    const { local } = pipeline;
    const query = sampleQuery(local, Date.now());
    const printed = pipeline.output();
    for (const text of [local.ingestUrl, local.writeKey, `${local.queryUrl}/v1/kpis`, local.shopUrl, query.url]) {
      expect(printed).toContain(text);
    }
    expect(printed).toContain(`${local.dashboardUrl}#token=${local.readToken}`);
    expect(printed).toContain("<script>");
    const sentMs = Date.now();
    expect((await sendSample(local)).status).toBe(200);
    while ((await countEvents(local)) < 1) {
      expect(Date.now() - sentMs).toBeLessThan(10_000);
      await new Promise((done) => setTimeout(done, 200));
    }
    expect(await countEvents(local)).toBe(1);
  });

  test("O2: prints commands that a shell can run as they are", () => {
    const text = announcement(pipeline.local, "<script></script>", Date.parse("2026-01-31T23:59:59Z"), "1.0");
    const event = sampleEvent(pipeline.local);
    expect(text).toContain(`curl -sS '${event.url}' -u '${event.writeKey}:' -d '${event.body}'`);
    expect(text).toContain("from=2026-01-31&to=2026-02-02");
    expect(event.body).not.toContain("'");
  });

  test("O3: serves the demo shop with the snippet and the key in it, and nothing outside its folder", async () => {
    const { local } = pipeline;
    const page = await (await fetch(local.shopUrl)).text();
    expect(page).toContain(local.writeKey);
    expect(page).toContain("/sluice.js");
    expect((await fetch(`${local.shopUrl}shop.js`)).headers.get("content-type")).toContain("text/javascript");
    expect((await fetch(`${local.shopUrl}..%2f..%2fpackage.json`)).status).toBe(404);
    expect((await fetch(`${local.shopUrl}%2e%2e/shop-server.ts`)).status).toBe(404);
  });

  test("O4: keeps secrets and keys in files that only their owner may read", () => {
    for (const name of ["secrets.json", "keys.json", "local.json"]) {
      expect(statSync(join(stateDir, name)).mode & 0o777, name).toBe(process.platform === "win32" ? 0o666 : 0o600);
    }
    const secrets = readFileSync(join(stateDir, "secrets.json"), "utf8");
    expect(pipeline.output()).not.toContain((JSON.parse(secrets) as { operatorToken: string }).operatorToken);
  });

  test("O5: refuses a second pipeline on the same state folder and names the process", async () => {
    const second = spawnStart(["--port", "0", "--state", stateDir]);
    expect(await second.ended(30_000)).toBe(1);
    expect(second.output()).toContain(`is in use by another pipeline (process ${pipeline.pid})`);
    expect(await countEvents(pipeline.local)).toBe(1);
  });

  test("O6: on SIGINT takes no more events, drains its queue, and leaves no process and no local.json behind", async () => {
    const { local, pid } = pipeline;
    const workerdPids = workerdChildrenOf(pid);
    expect(workerdPids.length).toBe(1);
    for (let i = 0; i < 20; i++) expect((await sendSample(local)).status).toBe(200);
    await pipeline.stop();
    expect(pipeline.output()).toContain("The queue was drained");
    expect([pid, ...workerdPids].filter(isAlive)).toEqual([]);
    expect(statSync(join(stateDir, "local.json"), { throwIfNoEntry: false })).toBeUndefined();
    await expect(fetch(local.ingestUrl)).rejects.toThrow();
  });

  test("O7: started again, has the same keys and counts every event that it took", async () => {
    const before = pipeline.local;
    pipeline = await startPipeline({ stateDir });
    const { writeKey, serverKey, readToken } = pipeline.local;
    expect({ writeKey, serverKey, readToken }).toEqual({
      writeKey: before.writeKey,
      serverKey: before.serverKey,
      readToken: before.readToken,
    });
    await expect.poll(() => countEvents(pipeline.local), { timeout: 15_000, interval: 200 }).toBe(21);
  });

  test("O7: with its secrets or keys damaged, it makes new ones that work, says so, and has the same numbers", async () => {
    await pipeline.stop();
    writeFileSync(join(stateDir, "secrets.json"), '{"writeKeySecrets":"","operatorToken":"odd\\n"}');
    writeFileSync(join(stateDir, "keys.json"), JSON.stringify({ ...pipeline.local, serverKey: 5 }));
    const before = pipeline.local.writeKey;
    pipeline = await startPipeline({ stateDir });
    expect(pipeline.local.writeKey).not.toBe(before);
    expect(pipeline.output()).toContain("secrets.json was missing or damaged");
    expect((await sendSample(pipeline.local)).status).toBe(200);
    await expect.poll(() => countEvents(pipeline.local), { timeout: 15_000, interval: 200 }).toBe(22);
  });

  test("O8: ends by itself when the process that started it is gone", async () => {
    const started = spawnStart(["--port", "0", "--state", join(stateDir, "orphan")]);
    await expect.poll(() => started.output(), { timeout: 60_000 }).toContain("Sluice is running");
    const workerdPids = workerdChildrenOf(started.child.pid ?? 0);
    started.child.stdin?.destroy();
    expect(await started.ended(30_000)).toBe(0);
    expect(workerdPids.filter(isAlive)).toEqual([]);
  });
});

/** `npm start` on free ports, ready; `pids` are the pipeline's process and its runtime. */
async function startWithNpm() {
  const stateDir = mkdtempSync(join(tmpdir(), "sluice-npm-"));
  const npm = spawn("npm", ["start", "--", "--port", "0", "--state", stateDir], { cwd: projectRoot, stdio: "pipe" });
  let printed = "";
  for (const stream of [npm.stdout, npm.stderr]) stream.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  const ended = new Promise<number | null>((done) => npm.on("close", done));
  await expect.poll(() => printed, { timeout: 90_000 }).toContain("Sluice is running");
  const { pid } = readJsonFile<LocalConfig>(join(stateDir, "local.json")) ?? { pid: 0 };
  const workerdPids = workerdChildrenOf(pid);
  expect(workerdPids.length).toBe(1);
  return { npm, ended, output: () => printed, stateDir, pids: [pid, ...workerdPids] };
}

describe.skipIf(process.platform === "win32")("npm", () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "O18: when npm alone gets %s, the pipeline drains, stops and leaves no process behind",
    async (signal) => {
      const { npm, ended, output, stateDir, pids } = await startWithNpm();
      npm.kill(signal);
      expect(await ended).toBe(0);
      expect(output()).toContain("The queue was drained");
      expect(pids.filter(isAlive)).toEqual([]);
      rmSync(stateDir, { recursive: true, force: true });
    },
    120_000,
  );

  test("O18: when the pipeline itself is killed, npm ends what it left and says so by its exit code", async () => {
    const { ended, stateDir, pids } = await startWithNpm();
    process.kill(pids[0] ?? 0, "SIGKILL");
    expect(await ended).not.toBe(0);
    await expect.poll(() => pids.filter((pid) => commandOf(pid) !== null), { timeout: 10_000 }).toEqual([]);
    rmSync(stateDir, { recursive: true, force: true });
  }, 120_000);
});

test("O5: a state folder that cannot be written is named, in one line", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "sluice-file-")), "a-file");
  writeFileSync(file, "");
  const started = spawnStart(["--port", "0", "--state", file]);
  expect(await started.ended(30_000)).toBe(1);
  expect(started.output().trim().split("\n")).toEqual([expect.stringContaining(`${file} cannot be written`)]);
});

describe("a taken port", () => {
  test("O9: is named, with the way to choose another", async () => {
    const stateDir = mkdtempSync(join(tmpdir(), "sluice-port-"));
    const server = createServer();
    const port = await new Promise<number>((done) => {
      server.listen(0, "127.0.0.1", () => done((server.address() as { port: number }).port));
    });
    const started = spawnStart(["--port", String(port), "--state", stateDir]);
    expect(await started.ended(30_000)).toBe(1);
    expect(started.output()).toContain(`Port ${port}`);
    expect(started.output()).toContain("npm start -- --port");
    server.close();
    rmSync(stateDir, { recursive: true, force: true });
  });
});
