import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { FaultServer } from "../testing/fault-server.ts";

/** A Worker that imports the package by its name, as a team's does: the bundler takes the entry for workerd. */
const script = `
  import { createClient } from "@sluice/node";
  export default {
    async fetch(request, env, context) {
      const host = new URL(request.url).searchParams.get("host");
      const mode = new URL(request.url).pathname;
      const options = { host, writeKey: "shop.server.s1.abcdefghijklmnopqrstuv", log: () => undefined };
      try {
        if (mode === "/spool") createClient({ ...options, spool: { directory: "/tmp" } });
        const client = createClient(mode === "/wait" ? { ...options, waitUntil: (promise) => context.waitUntil(promise) } : options);
        for (let i = 0; i < 50; i++) client.track({ userId: "u" + i, event: "Ü 😀", properties: { i } });
        if (mode === "/wait") return Response.json("answered at once");
        return Response.json(await client.closeAndFlush());
      } catch (error) {
        return Response.json(String(error));
      }
    },
  };`;

let miniflare: Miniflare;
let server: FaultServer;
let host: string;

async function bundle(conditions: string[], external: string[]): Promise<string> {
  const result = await build({
    stdin: { contents: script, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
    bundle: true,
    format: "esm",
    conditions,
    external,
    write: false,
  });
  return result.outputFiles[0]?.text ?? "";
}

beforeAll(async () => {
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: await bundle(["workerd", "worker"], []),
      compatibilityDate: "2026-10-01",
    }),
  );
  await miniflare.ready;
});
afterAll(() => miniflare.dispose());
beforeEach(async () => {
  server = new FaultServer();
  host = await server.listen();
});
afterEach(() => server.close());

const ask = async (path: string): Promise<unknown> =>
  (await miniflare.dispatchFetch(`http://worker${path}?host=${encodeURIComponent(host)}`)).json();

test("SN27: the built package runs in workerd without Node's modules: gzip, delivery, retry", async () => {
  server.answer = (_, index) => (index === 0 ? { status: 503, retryAfter: "0" } : "ok");
  const report = (await ask("/flush")) as { delivered: unknown[] };
  expect(report.delivered).toHaveLength(50);
  expect(server.taken.size).toBe(50);
  expect(server.requests[0]?.gzipped).toBe(true);
});

test("SN27: with waitUntil the Worker answers at once and its events arrive; a spool is refused by name", async () => {
  expect(await ask("/wait")).toBe("answered at once");
  while (server.taken.size < 50) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await ask("/spool")).toContain("option spool");
});

test("SN27: the bundle for edge-light needs no module of Node either", async () => {
  expect(await bundle(["edge-light"], [])).not.toMatch(/(?:from|import|require)\W*"node:/);
});

test("SN28: in the entry for Node, Bun and Deno only modules and members are used that all three have", () => {
  // https://docs.deno.com/api/node/ and https://bun.com/docs/runtime/nodejs-apis name them.
  const known: ReadonlyMap<string, readonly string[]> = new Map([
    ["node:crypto", ["randomFillSync", "createHash"]],
    [
      "node:fs",
      "closeSync fsyncSync mkdirSync openSync readFileSync readdirSync renameSync rmSync rmdirSync statSync unlinkSync writeSync".split(
        " ",
      ),
    ],
    ["node:http", ["Agent", "request"]],
    ["node:https", ["Agent", "request"]],
    ["node:path", ["basename", "join"]],
    ["node:util", ["promisify"]],
    ["node:worker_threads", ["threadId"]],
    ["node:zlib", ["gzip"]],
  ]);
  const bundled = readFileSync(new URL("../dist/index.cjs", import.meta.url), "utf8");
  const modules = [...bundled.matchAll(/var (\w+) = require\('(node:[\w/]+)'\)/g)];
  expect(modules.length).toBe((bundled.match(/require\(/g) ?? []).length);
  expect(modules.length).toBeGreaterThan(5);
  for (const [, variable = "", name = ""] of modules) {
    const members = [...bundled.matchAll(new RegExp(`\\b${variable}\\.(\\w+)`, "g"))].map((match) => match[1] ?? "");
    expect(members.length, name).toBeGreaterThan(0);
    for (const member of members) expect(known.get(name) ?? [], `${name} ${member}`).toContain(member);
  }
});
