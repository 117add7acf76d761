import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject, KeyKind } from "@sluice/schema";
import { pullLake } from "../../tools/lake/pull.ts";
import { type AdminClient, createAdminClient } from "../../tools/operator/admin.ts";
import { type LakeSql, openLake } from "../duckdb.ts";
import { startPipeline, type TestPipeline } from "../pipeline.ts";
import { type Proxy, startProxy, type Treatment } from "./proxy.ts";

/** A running pipeline, networks in front of its ingest, and the operator's ways to look at what it stored. */
export interface World {
  readonly pipeline: TestPipeline;
  readonly admin: AdminClient;
  /** Starts a network that treats each POST as told; it is closed with the world. */
  network(treat: (post: number) => Treatment): Promise<Proxy>;
  /** Makes a source with a key of its own; returns the key. */
  key(source: string, kind: KeyKind): Promise<string>;
  /** Publishes and rolls up everything, then opens a fresh copy of the lake. */
  settle(): Promise<LakeSql>;
  /** The query API's answer for every metric from `from` to `to` (exclusive). */
  kpis(from: string, to: string, metrics: readonly string[]): Promise<JsonObject>;
  close(): Promise<void>;
}

/** Starts the built pipeline on free ports with a state folder of its own. */
export async function startWorld(): Promise<World> {
  const pipeline = await startPipeline();
  const proxies: Proxy[] = [];
  const { queryUrl, project, readToken } = pipeline.local;
  const admin = createAdminClient(queryUrl, pipeline.operatorToken);
  const folder = mkdtempSync(join(tmpdir(), "sluice-judge-"));
  const opened: LakeSql[] = [];
  async function made(path: string, body: JsonObject): Promise<JsonObject> {
    const reply = await admin.call("POST", path, body);
    if (!reply.ok) throw new Error(`${path}: ${reply.error.message}`);
    return reply.value;
  }
  return {
    pipeline,
    admin,
    async network(treat) {
      const proxy = await startProxy(pipeline.local.ingestUrl, treat);
      proxies.push(proxy);
      return proxy;
    },
    async key(source, kind) {
      await made(`/v1/admin/projects/${project}/sources`, { source });
      return String((await made(`/v1/admin/projects/${project}/keys`, { source, kind }))["key"]);
    },
    async settle() {
      const flushed = await made("/v1/admin/flush", {});
      if (flushed["drained"] !== true) throw new Error(`not drained: ${JSON.stringify(flushed)}`);
      for (const dataset of ["events/", "rejected/"]) {
        const pulled = await pullLake(admin, folder, dataset, () => undefined);
        if (!pulled.ok) throw new Error(pulled.error);
      }
      const lake = await openLake(folder);
      opened.push(lake);
      return lake;
    },
    async kpis(from, to, metrics) {
      const query = new URLSearchParams({ metrics: metrics.join(","), from, to, interval: "day" });
      const response = await fetch(`${queryUrl}/v1/kpis?${query}`, {
        headers: { authorization: `Bearer ${readToken}` },
      });
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
      return (await response.json()) as JsonObject;
    },
    async close() {
      for (const lake of opened) lake.close();
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await pipeline.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
