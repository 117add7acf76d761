import type { IpPolicy, ProjectEntry, RegistrySnapshot } from "@sluice/schema";
import { grouped } from "./grouped.ts";

/** Rows of D1 that the snapshot is compiled from. */
export interface RegistryRows {
  readonly version: number;
  readonly projects: readonly { readonly project: string; readonly shards: number }[];
  readonly sources: readonly SourceRow[];
  readonly revokedKeys: readonly { readonly project: string; readonly serial: number }[];
}

/** A source as D1 holds it. */
export interface SourceRow {
  readonly project: string;
  readonly source: string;
  readonly ip_policy: string;
  /** A JSON array of texts. */
  readonly allowed_origins: string;
  readonly cookie_domain: string | null;
}

/**
 * Compiles the registry that the edge loads. Deleted projects stay in it with all their keys revoked: a project
 * the snapshot does not know is let in, because the snapshot may be behind.
 */
export function compileSnapshot(rows: RegistryRows, compiledAtMs: number): RegistrySnapshot {
  const sources = grouped(rows.sources, (row) => row.project);
  const revoked = grouped(rows.revokedKeys, (row) => row.project);
  const projects = rows.projects.map(({ project, shards }): ProjectEntry => {
    const own = (sources.get(project) ?? []).map(({ source, ip_policy, allowed_origins, cookie_domain }) => ({
      source,
      ipPolicy: ipPolicyOf(ip_policy),
      allowedOrigins: JSON.parse(allowed_origins) as string[],
      ...(cookie_domain === null ? {} : { cookieDomain: cookie_domain }),
    }));
    const revokedSerials = (revoked.get(project) ?? []).map((row) => row.serial).sort((a, b) => a - b);
    return { project, shards, sources: own, revokedSerials };
  });
  return { version: rows.version, compiledAtMs, projects };
}

/** A stored value that is none of the policies is read as the strictest. */
function ipPolicyOf(text: string): IpPolicy {
  return text === "keep" || text === "truncate" ? text : "drop";
}
