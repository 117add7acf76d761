import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { findChromium, type SearchPlace } from "../tools/test/chromium.ts";
import { summaryOf } from "../tools/test/summary.ts";
import { deployPlan, migrationLines, resourcesOf } from "../tools/deploy/plan.ts";
import { waitUntilDrained } from "../tools/local/drain.ts";
import { takeLock } from "../tools/local/lock.ts";
import { commandOf } from "../tools/local/processes.ts";
import { choosePorts } from "../tools/local/ports.ts";
import { statePaths } from "../tools/local/state-files.ts";
import { parseCommand } from "../tools/operator/commands.ts";
import { job } from "../tools/operator/jobs.ts";
import { listReport } from "../tools/operator/report.ts";
import { operatorTarget } from "../tools/operator/target.ts";

const folders: string[] = [];
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-operator-"));
  folders.push(folder);
  return folder;
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe("npm run sluice", () => {
  test.each([
    ["project list", { kind: "list", path: "/v1/admin/projects", list: "projects" }],
    ["project create a", { kind: "create", path: "/v1/admin/projects", body: { project: "a" } }],
    ["project shards a 2", { kind: "create", path: "/v1/admin/projects/a/shards", body: { shards: 2 } }],
    ["source create a web", { kind: "create", path: "/v1/admin/projects/a/sources", body: { source: "web" } }],
    ["key create a web", { kind: "create", body: { source: "web", kind: "public" } }],
    ["key revoke a 3", { kind: "revoke", path: "/v1/admin/projects/a/keys/3" }],
    ["token create a me", { kind: "create", path: "/v1/admin/projects/a/tokens", body: { name: "me" } }],
    ["project revoke a", { kind: "revoke", path: "/v1/admin/projects/a" }],
    ["source revoke a/b c/d", { kind: "revoke", path: "/v1/admin/projects/a%2Fb/sources/c%2Fd" }],
    ["flush", { kind: "flush" }],
    ["", { kind: "help" }],
  ])("O12: «%s» becomes one call of the admin API", (words, command) => {
    const parsed = parseCommand(words.split(" ").filter(Boolean), {});
    expect(parsed).toMatchObject({ ok: true, value: command });
  });

  test("O39: ledger, redrive, replay and dead letters become calls with their range, rule and cursor", () => {
    const range = { from: "2026-11-01", to: "2026-11-02" };
    const parsed = (words: string, options: Parameters<typeof parseCommand>[1] = {}) => {
      const command = parseCommand(words.split(" "), options);
      return command.ok ? command.value : null;
    };
    const project = "/v1/admin/projects/a%2Fb";
    expect(parsed("ledger a/b", { ...range, source: "x&y" })).toEqual({
      kind: "ledger",
      path: `${project}/ledger?from=2026-11-01&to=2026-11-02&source=x%26y`,
    });
    expect(parsed("token create a me", { scopes: "kpis, users", expires: "90d" })).toMatchObject({
      path: "/v1/admin/projects/a/tokens",
      body: { name: "me", scopes: ["kpis", "users"], expires: "90d" },
    });
    expect(parsed("project origins a", { origins: "" })).toMatchObject({
      kind: "replace",
      path: "/v1/admin/projects/a/query-origins",
      body: { allowedOrigins: [] },
    });
    expect(parsed("project origins a")).toBeNull();
    const rule = { steps: [{ drop: { field: "a" } }] };
    expect(parsed("redrive a/b", { ...range, reason: "unknown_type", rule, dryRun: true })).toMatchObject({
      kind: "job",
      path: `${project}/redrive`,
      body: { ...range, reason: "unknown_type", rule, dryRun: true },
    });
    expect(parsed("replay a/b", { ...range, dataset: "rejected", cursor: "c" })).toMatchObject({
      kind: "job",
      path: `${project}/replay`,
      body: { ...range, dataset: "rejected", cursor: "c" },
    });
    expect(parsed("backfill a/b", { ...range, cursor: "2026-11-01" })).toMatchObject({
      kind: "job",
      path: `${project}/backfill`,
      body: { ...range, cursor: "2026-11-01" },
    });
    expect(parsed("reconcile a/b")).toMatchObject({ kind: "job", path: `${project}/reconcile`, body: {} });
    expect(parsed("jobs")).toEqual({ kind: "jobs" });
    expect(parsed("dead list")).toEqual({ kind: "pages", path: "/v1/admin/dead", list: "letters" });
    expect(parsed("dead redrive", { reason: "corrupt" })).toMatchObject({ kind: "job", body: { reason: "corrupt" } });
    for (const words of ["ledger", "redrive", "replay a b", "backfill", "jobs x", "dead", "dead bury", "dead list x"]) {
      expect(parsed(words, range), words).toBeNull();
    }
  });

  test("O40: a job goes on from cursor to cursor, sums up its steps, and says where it stopped", async () => {
    const asked: unknown[] = [];
    const replies = [
      { ok: true, value: { outcomes: { redriven: 2 }, cursor: "one" } },
      { ok: true, value: { outcomes: { redriven: 1, not_redrivable: 4 }, cursor: null } },
      { ok: true, value: { rows: 5, cursor: "two" } },
      { ok: false, error: { status: 503, message: "Try again." } },
    ] as const;
    const admin = {
      call: async (_method: string, _path: string, body: object) => {
        const reply = replies[asked.length];
        asked.push(body);
        return reply;
      },
    } as unknown as Parameters<typeof job>[0];
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
    vi.spyOn(process.stderr, "write").mockReturnValue(true); // where the progress goes
    vi.spyOn(process.stdout, "write").mockReturnValue(true);
    const command = { kind: "job", path: "/p", body: { from: "f" }, what: "events" } as const;
    expect(await job(admin, command)).toBe(0);
    expect(log.mock.calls.flat().join("\n")).toMatch(/redriven\s+3[\s\S]*4/);
    expect(await job(admin, command)).toBe(1);
    expect(error.mock.calls.flat().join("\n")).toContain("--cursor two");
    expect(asked).toEqual([{ from: "f" }, { from: "f", cursor: "one" }, { from: "f" }, { from: "f", cursor: "two" }]);
    vi.restoreAllMocks();
  });

  test("O12: the origins of a source are given as a list with commas", () => {
    const parsed = parseCommand(["source", "create", "a", "app"], {
      origins: "https://a.example, https://*.b.example",
    });
    const body = { source: "app", allowedOrigins: ["https://a.example", "https://*.b.example"] };
    expect(parsed).toMatchObject({ ok: true, value: { kind: "create", path: "/v1/admin/projects/a/sources", body } });
  });

  test("O12: the steps of a funnel are given in order, its window in days or hours", () => {
    const options = { steps: "page:/pricing > event:Signed Up", window: "2d", breakdown: "plan" };
    const parsed = parseCommand(["funnel", "create", "a", "trial"], options);
    const steps = ["page:/pricing", "event:Signed Up"];
    const body = { funnel: "trial", steps, windowHours: 48, breakdown: "plan" };
    expect(parsed).toMatchObject({ ok: true, value: { kind: "create", path: "/v1/admin/projects/a/funnels", body } });
    expect(parseCommand(["funnel", "revoke", "a", "trial"], {})).toMatchObject({ ok: true, value: { kind: "revoke" } });
  });

  test("O12: a declared KPI is given as the JSON of a file, under the name on the command line", () => {
    const parsed = parseCommand(["kpi", "create", "a", "visits"], { definition: { fn: "count", kpi: "other" } });
    const body = { fn: "count", kpi: "visits" };
    expect(parsed).toMatchObject({ ok: true, value: { kind: "create", path: "/v1/admin/projects/a/kpis", body } });
    expect(parseCommand(["kpi", "create", "a", "visits"], {}).ok).toBe(false);
    expect(parseCommand(["kpi", "create", "a", "visits"], { definition: [1] }).ok).toBe(false);
    expect(parseCommand(["kpi", "revoke", "a", "visits"], {})).toMatchObject({
      ok: true,
      value: { kind: "revoke", path: "/v1/admin/projects/a/kpis/visits" },
    });
  });

  test.each([
    "project",
    "project create",
    "project create a b",
    "project shards a b",
    "key revoke a",
    "toString constructor",
    "flush now",
  ])("O12: «%s» is refused", (words) => {
    expect(parseCommand(words.split(" "), {}).ok).toBe(false);
  });

  test("O12: lists are tables of the fields that the entries have, without control characters", () => {
    const text = listReport([{ project: "a\u001b[2J", createdAtMs: 0, revokedAt: null }], "projects");
    expect(text).toContain("created at");
    expect(text).toContain("1970-01-01T00:00:00.000Z");
    expect(text).not.toContain("\u001b");
    expect(listReport([], "keys")).toBe("No keys.");
  });

  test("O13: the operator token is sent to the running local pipeline or over https only", () => {
    const none = { url: undefined, state: temporaryFolder(), tokenFromEnvironment: undefined };
    const notRunning = operatorTarget(none);
    expect(notRunning.ok === false && notRunning.error).toContain("npm start");
    const at = (url: string, token = "t") => operatorTarget({ url, state: undefined, tokenFromEnvironment: token });
    expect(at("https://analytics.example/path")).toEqual({
      ok: true,
      value: { queryUrl: "https://analytics.example", operatorToken: "t" },
    });
    expect(at("http://127.0.0.1:8788").ok).toBe(true);
    expect(at("http://analytics.example").ok).toBe(false);
    expect(at("http://localhost.example").ok).toBe(false);
    expect(at("not a url").ok).toBe(false);
    expect(at("https://analytics.example", "").ok).toBe(false);
  });
});

describe("the lock of a state folder", () => {
  test("O5: is held by one, free again after, and taken over when its process is gone or is no pipeline", async () => {
    const paths = statePaths(temporaryFolder());
    const first = await takeLock(paths);
    expect(first.ok).toBe(true);
    if (first.ok) first.value.release();
    const gone = spawnSync(process.execPath, ["-e", ""]).pid;
    const entries = [gone, 1, -1].map((pid) => JSON.stringify({ pid, workerdPids: [process.pid] }));
    for (const entry of [...entries, '{"pid":"x","workerdPids":"y"}', '{"pid":', "null", ""]) {
      writeFileSync(paths.lock, entry);
      const taken = await takeLock(paths);
      expect(taken.ok, entry).toBe(true);
      if (taken.ok) taken.value.release();
    }
  });

  test("O5: is taken over only when what its process left running is gone", async () => {
    const paths = statePaths(temporaryFolder());
    const left = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", "workerd"]);
    await once(left, "spawn");
    const pid = left.pid ?? 0;
    writeFileSync(paths.lock, JSON.stringify({ pid: -1, workerdPids: [pid] }));
    const taken = await takeLock(paths);
    expect(commandOf(pid)).toBeNull();
    if (taken.ok) taken.value.release();
  });
});

describe("stopping", () => {
  const never = new AbortController().signal;

  test("O6: counts as drained only when everything taken is settled, and stays so", async () => {
    const counts = [
      { sent: 5, settled: 2 },
      { sent: 6, settled: 5 },
      { sent: 7, settled: 7 },
    ];
    const seen: number[] = [];
    const left = await waitUntilDrained(
      async () => (counts.length > 1 ? (counts.shift() ?? null) : (counts[0] ?? null)),
      5000,
      (count) => seen.push(count),
      never,
    );
    expect(left).toBe(0);
    expect(seen.slice(0, 3)).toEqual([3, 1, 0]);
  });

  test("O6: says how many messages are left when the time is up, or that it does not know", async () => {
    expect(
      await waitUntilDrained(
        async () => ({ sent: 9, settled: 4 }),
        300,
        () => undefined,
        never,
      ),
    ).toBe(5);
    expect(
      await waitUntilDrained(
        async () => null,
        300,
        () => undefined,
        never,
      ),
    ).toBeNull();
    const forced = new AbortController();
    forced.abort();
    expect(
      await waitUntilDrained(
        async () => ({ sent: 1, settled: 1 }),
        300,
        () => undefined,
        forced.signal,
      ),
    ).toBeNull();
  });
});

describe("ports", () => {
  test("O9: three free ports are found, and a taken one is named with its purpose", async () => {
    const free = await choosePorts(0);
    expect(free.ok).toBe(true);
    if (!free.ok) return;
    expect(new Set(Object.values(free.value)).size).toBe(3);
    const { createServer } = await import("node:net");
    const server = createServer();
    await new Promise<void>((done) => server.listen(free.value.query, "127.0.0.1", done));
    const taken = await choosePorts(free.value.query - 1);
    server.close();
    expect(taken.ok).toBe(false);
    if (!taken.ok && taken.error.port === free.value.query) expect(taken.error.purpose).toBe("query");
  });
});

describe("npm run deploy", () => {
  test("O17: the consumer goes out first and analytics last, with its migrations", () => {
    const units = deployPlan();
    expect(units.map((unit) => unit.config.name)).toEqual([
      "sluice-queue-consumer",
      "sluice-worker",
      "sluice-analytics",
    ]);
    const [consumer, , analytics] = units.map(migrationLines);
    expect(consumer).toEqual(["Durable Objects v1: new ShardLog"]);
    expect(analytics?.some((line) => line.startsWith("D1 0001_"))).toBe(true);
  });

  test("O17: every resource that a Worker names is made, each once, dead letters included", () => {
    expect(resourcesOf(deployPlan())).toEqual({
      buckets: ["sluice-lake"],
      queues: ["sluice-events", "sluice-events-dlq"],
      databases: ["sluice"],
    });
  });
});

describe("npm test", () => {
  const place = (
    platform: string,
    present: readonly string[],
    environment: Record<string, string> = {},
  ): SearchPlace => ({
    platform,
    environment,
    exists: (path) => present.includes(path),
    playwrightPath: "/cache/playwright/chrome",
  });

  test("O21: finds Chromium by CHROMIUM_PATH, in the usual places of each system, or where playwright keeps it", () => {
    expect(findChromium(place("linux", ["/usr/bin/chromium", "/opt/c"], { CHROMIUM_PATH: "/opt/c" }))).toBe("/opt/c");
    expect(findChromium(place("linux", ["/usr/bin/chromium"], { CHROMIUM_PATH: "/gone" }))).toBeNull();
    expect(findChromium(place("linux", ["/opt/bin/google-chrome"], { PATH: "/bin:/opt/bin" }))).toBe(
      "/opt/bin/google-chrome",
    );
    const mac = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
    expect(findChromium(place("darwin", [mac]))).toBe(mac);
    const windows = "C:\\Programs\\Google\\Chrome\\Application\\chrome.exe";
    expect(findChromium(place("win32", [windows], { PROGRAMFILES: "C:\\Programs" }))).toBe(windows);
    expect(findChromium(place("linux", ["/cache/playwright/chrome"]))).toBe("/cache/playwright/chrome");
    expect(findChromium(place("linux", []))).toBeNull();
  });

  test("O22: passes only when at least one test passed and none failed, and ends with one plain line", () => {
    const path = join(temporaryFolder(), "report.json");
    const report = (passed: number, failed: number, skipped: number): ReturnType<typeof summaryOf> => {
      const counts = { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped, numTodoTests: 0 };
      writeFileSync(path, JSON.stringify({ ...counts, success: failed === 0 }));
      return summaryOf(path);
    };
    expect(report(3, 0, 1)).toEqual({ line: "3 passed, 0 failed, 1 skipped", isPassed: true });
    expect(report(3, 1, 0)).toEqual({ line: "3 passed, 1 failed, 0 skipped", isPassed: false });
    expect(report(0, 0, 4).isPassed).toBe(false);
    expect(summaryOf(join(temporaryFolder(), "missing.json")).isPassed).toBe(false);
  });
});
