import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createQueryClient, exportedRows, pagesOf, QueryError } from "@sluice/query";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { queryOpenApi } from "../analytics/src/query-openapi.ts";
import { type AnalyticsHarness, startAnalytics } from "../analytics/testing/harness.ts";
import { PublishedLake } from "../analytics/testing/published-lake.ts";
import { tokenOf } from "../analytics/testing/query-world.ts";
import { eventsOf, rowFrom } from "../analytics/testing/rows.ts";
import { projectRoot } from "../tools/project-root.ts";
import { clientSource } from "../tools/query-client/source.ts";

const range = { from: "2026-02-28", to: "2026-05-20" };

describe("@sluice/query", () => {
  let worker: AnalyticsHarness;
  let token = "";
  beforeAll(async () => {
    worker = await startAnalytics();
    await worker.admin("POST", "projects", { project: "shop" });
    token = await tokenOf(worker, "shop", ["kpis", "events", "users", "export"]);
    await new PublishedLake(worker, "shop").publish(eventsOf(2, 400).map(rowFrom));
    await worker.admin("POST", "rollup");
  }, 60_000);
  afterAll(async () => worker.close());

  /** The client's transport: the Worker itself, without a network. */
  const overHarness: typeof fetch = async (input, init) => {
    const url = new URL(String(input));
    const headers = init?.headers as Record<string, string>;
    const reply = await worker.fetch(
      url.pathname + url.search,
      headers,
      init?.method,
      init?.body as string | undefined,
    );
    const cursor = reply.headers.get("sluice-cursor");
    const type = reply.headers.get("content-type") ?? "";
    return new Response(reply.text, {
      status: reply.status,
      headers: { "content-type": type, ...(cursor && { "sluice-cursor": cursor }) },
    });
  };

  test("A121: the client is what the generator makes of the API document", () => {
    // The formatter may set line breaks, commas and parentheses as it likes; the words are the generator's.
    const words = (text: string): string => text.replaceAll(/[\s;,|()]|"(?=\w+":)|(?<=\w)"(?=:)/g, "");
    const written = readFileSync(join(projectRoot, "query/src/api.ts"), "utf8");
    const isFresh = words(written) === words(clientSource(queryOpenApi()));
    expect(isFresh, "query/src/api.ts is not what the API document says: npm run query-client").toBe(true);
  });

  test("A122: every operation answers through the client: questions, lists page by page, an export row by row", async () => {
    const client = createQueryClient({ host: "http://query.example/ignored", token, fetch: overHarness });
    const kpis = await client.getKpis({ metrics: "events,dau", ...range });
    const total = (kpis.metrics["events"]?.buckets ?? []).reduce((sum, { value }) => sum + Number(value), 0);
    const answer = await client.query({ ...range, groupBy: ["type"], measures: [{ fn: "count", name: "n" }] });
    expect(answer.rows.reduce((sum, { values }) => sum + Number(values[0]), 0)).toBe(total);
    const names: string[] = [];
    let pages = 0;
    for await (const page of pagesOf((cursor) => client.getEvents({ ...range, limit: 4, ...cursor }))) {
      pages += 1;
      names.push(...page.events.map(({ type, event }) => `${type} ${event}`));
    }
    expect(pages).toBeGreaterThan(2);
    expect(new Set(names).size).toBe(names.length);
    const user = await client.getUser({ id: "u1", ...range, limit: 3 });
    expect(user.timeline.length).toBe(3);
    let rows = 0;
    for await (const row of exportedRows(client, { ...range, columns: "message_id,time" })) {
      expect(Object.keys(row)).toEqual(["message_id", "time"]);
      rows += 1;
    }
    expect(rows).toBe(total);
    expect(await client.getHealth()).toEqual({ ok: true });
  }, 60_000);

  test("A123: a refusal, a lost answer and a late one throw a QueryError that says what is wrong; the token goes nowhere else", async () => {
    const sent: string[] = [];
    const client = createQueryClient({
      host: "http://query.example",
      token,
      fetch: async (input, init) => {
        sent.push(String(input));
        return overHarness(input, init);
      },
    });
    const refused = await client.getUser({ id: "a/b?c=d", limit: 9_999 }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(QueryError);
    expect(refused).toMatchObject({ status: 400, parameter: "limit", title: "Invalid parameter" });
    expect(sent).toEqual(["http://query.example/v1/users/a%2Fb%3Fc%3Dd?limit=9999"]);
    const failing = (answer: () => Promise<Response>) =>
      createQueryClient({ host: "http://q.example", token, fetch: answer });
    const lost = await failing(async () => Promise.reject(new Error("reset")))
      .getHealth()
      .catch((error: unknown) => error);
    expect(lost).toMatchObject({ status: 0, title: "No answer", detail: "reset", parameter: null });
    const proxy = await failing(async () => new Response("<html>", { status: 502 }))
      .getHealth()
      .catch((error: unknown) => error);
    expect(proxy).toMatchObject({ status: 502, detail: "Status 502." });
    const late = createQueryClient({
      host: "http://q.example",
      token,
      timeoutMs: 20,
      fetch: async (_, init) =>
        new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(new Error("late")))),
    });
    expect(await late.getHealth().catch((error: unknown) => error)).toMatchObject({ status: 0, detail: "late" });
    expect(() => createQueryClient({ host: "nowhere", token })).toThrow(TypeError);
  });

  test("A124: the client is one ES module below 2 KB (gzip) that names no platform of its own", async () => {
    const entryPoints = [join(projectRoot, "query/dist/index.js")];
    const { outputFiles } = await build({
      entryPoints,
      bundle: true,
      minify: true,
      format: "esm",
      platform: "neutral",
      write: false,
    });
    const code = outputFiles[0]?.text ?? "";
    expect(code).not.toMatch(/\b(?:require|process|Buffer|window|document)\b/);
    expect(gzipSync(code, { level: 9 }).length).toBeLessThan(2_048);
    expect(gzipSync(code, { level: 9 }).length).toBeGreaterThan(500);
  });
});
