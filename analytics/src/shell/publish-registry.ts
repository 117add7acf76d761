import { registryKey, type RegistrySnapshot } from "@sluice/schema";
import { compileSnapshot, type SourceRow } from "../registry-snapshot.ts";
import type { Env } from "./env.ts";

const attemptsMax = 5;

/**
 * Compiles the registry of D1 into R2 with a version above the one that is there. Conditional on the object it
 * read, so of two writers at once one starts again and the last snapshot holds both changes.
 */
export async function publishRegistry(env: Pick<Env, "DB" | "LAKE">, nowMs: number): Promise<void> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const existing = await env.LAKE.get(registryKey);
    const existingVersion = existing === null ? 0 : versionOf(await existing.text());
    const snapshot = await readSnapshot(env.DB, existingVersion + 1, nowMs);
    const onlyIf = existing === null ? new Headers({ "If-None-Match": "*" }) : { etagMatches: existing.etag };
    const httpMetadata = { contentType: "application/json" };
    if ((await env.LAKE.put(registryKey, JSON.stringify(snapshot), { onlyIf, httpMetadata })) === null) continue;
    const mark = "UPDATE registry SET published_version = ?1 WHERE one = 1 AND published_version < ?1";
    await env.DB.prepare(mark).bind(snapshot.version).run();
    return;
  }
  throw new Error(`registry snapshot: another writer was faster ${attemptsMax} times`);
}

/** Publishes only when a change has not reached R2: heals a publication that failed. Reads one row otherwise. */
export async function publishRegistryIfStale(env: Pick<Env, "DB" | "LAKE">, nowMs: number): Promise<void> {
  const sql = "SELECT 1 FROM registry WHERE one = 1 AND version > published_version";
  if ((await env.DB.prepare(sql).first()) !== null) await publishRegistry(env, nowMs);
}

async function readSnapshot(db: D1Database, versionMin: number, nowMs: number): Promise<RegistrySnapshot> {
  const results = await db.batch([
    db.prepare("UPDATE registry SET version = max(version, ?) WHERE one = 1 RETURNING version").bind(versionMin),
    db.prepare("SELECT project, shards FROM project ORDER BY project"),
    db.prepare(
      "SELECT project, source, ip_policy, allowed_origins, cookie_domain FROM source WHERE deleted_at IS NULL ORDER BY project, source",
    ),
    db.prepare("SELECT project, serial FROM write_key WHERE revoked_at IS NOT NULL ORDER BY project, serial"),
  ]);
  const [versions, projects, sources, revokedKeys] = results.map((result) => result.results);
  const version = (versions as { version: number }[] | undefined)?.[0]?.version ?? versionMin;
  return compileSnapshot(
    {
      version,
      projects: (projects ?? []) as { project: string; shards: number }[],
      sources: (sources ?? []) as SourceRow[],
      revokedKeys: (revokedKeys ?? []) as { project: string; serial: number }[],
    },
    nowMs,
  );
}

/** An object that cannot be read counts as version 0: it is replaced. */
function versionOf(text: string): number {
  try {
    const version = (JSON.parse(text) as { version?: unknown } | null)?.version;
    return typeof version === "number" && Number.isSafeInteger(version) ? version : 0;
  } catch {
    return 0; // not JSON, hence no snapshot
  }
}
