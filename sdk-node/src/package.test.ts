import { execFile, spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FaultServer } from "../testing/fault-server.ts";
import { packedProject } from "../testing/packed-project.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..", "..");
let project: string;

beforeAll(async () => {
  project = await packedProject();
}, 120_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

const use = (host: string): string => `
  const client = createClient({ host: ${JSON.stringify(host)}, writeKey: "k" });
  client.track({ userId: "u", event: "e" });
  client.closeAndFlush().then((report) => console.log(report.delivered.length, client instanceof Sluice));`;

test.each([
  ["main.mjs", 'import { createClient, Sluice } from "@sluice/node";'],
  ["main.cjs", 'const { createClient, Sluice } = require("@sluice/node");'],
])("SN29: the packed package delivers from %s", async (file, load) => {
  const server = new FaultServer();
  writeFileSync(join(project, file), load + use(await server.listen()));
  const { stdout } = await run(process.execPath, [file], { cwd: project });
  expect(stdout.trim()).toBe("1 true");
  expect(server.taken.size).toBe(1);
  await server.close();
});

test("SN50: copies by import and by require in one process drain together at SIGTERM, and end it", async () => {
  const server = new FaultServer();
  const options = JSON.stringify({ host: await server.listen(), writeKey: "k", flushIntervalMs: 3_600_000 });
  const source = `import { createClient } from "@sluice/node";
    import { createRequire } from "node:module";
    const other = createRequire(import.meta.url)("@sluice/node");
    if (other.createClient === createClient) throw new Error("one copy only");
    for (const create of [createClient, other.createClient]) create(${options}).track({ userId: "u", event: "e" });
    setInterval(() => {}, 1000);
    console.log("queued");`;
  writeFileSync(join(project, "both.mjs"), source);
  const child = spawn(process.execPath, ["both.mjs"], {
    cwd: project,
    stdio: ["ignore", "pipe", "inherit"],
    timeout: 25_000,
    killSignal: "SIGKILL",
  });
  child.stdout.once("data", () => child.kill("SIGTERM"));
  const signal = await new Promise((resolve) => child.on("close", (_, by) => resolve(by)));
  expect(signal).toBe("SIGTERM");
  expect(server.taken.size).toBe(2);
  await server.close();
});

const typed = (load: string): string => `${load}
  import type { EventMap, NodeFlushReport, SluiceOptions } from "@sluice/node";
  const options: SluiceOptions = { host: "https://in.example.com", writeKey: "k", whenFull: "drop_oldest" };
  const client: Sluice<{ Paid: { revenue: string } }> = createClient<{ Paid: { revenue: string } }>(options);
  client.track({ userId: "u", event: "Paid", properties: { revenue: "1" } });
  // @ts-expect-error not in the map
  client.track({ userId: "u", event: "Payed", properties: { revenue: "1" } });
  export const report: Promise<NodeFlushReport> = client.closeAndFlush({ timeout: 5 });
  export const any: Sluice<EventMap> = new Sluice(options);`;

test.each([
  ["ES module", "main.mts", 'import { createClient, Sluice } from "@sluice/node";', "nodenext", "nodenext"],
  ["CommonJS", "main.cts", 'import { createClient, Sluice } from "@sluice/node";', "nodenext", "nodenext"],
  [
    "CommonJS by require",
    "main.cts",
    'import sluice = require("@sluice/node");\nimport createClient = sluice.createClient;\nimport Sluice = sluice.Sluice;',
    "nodenext",
    "nodenext",
  ],
  ["bundler", "main.ts", 'import { createClient, Sluice } from "@sluice/node";', "esnext", "bundler"],
])(
  "SN29: the types of the packed package hold for a strict TypeScript project (%s)",
  async (_, file, load, module, resolution) => {
    writeFileSync(join(project, file), typed(load));
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const flags = [
      "--noEmit",
      "--strict",
      "--exactOptionalPropertyTypes",
      "--target",
      "es2023",
      "--lib",
      "es2023",
      "--types",
      "node",
    ];
    const outcome = await run(
      process.execPath,
      [tsc, ...flags, "--module", module, "--moduleResolution", resolution, file],
      { cwd: project },
    ).catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? "" }));
    expect(outcome.stdout).toBe("");
  },
);

test("SN29: the CommonJS types name everything that the ES module's name", () => {
  const folder = join(project, "node_modules", "@sluice", "node");
  const names = (path: string): string[] =>
    [...readFileSync(join(folder, path), "utf8").matchAll(/export (?:type )?\{([^}]*)\}/g)]
      .flatMap((match) => (match[1] ?? "").split(","))
      .map((name) => name.replace(/^\s*type\s/, "").trim())
      .filter((name) => name !== "");
  expect(names("cjs/index.d.cts").sort()).toEqual(names("dist/types.d.ts").sort());
});
