import type { WriteKey } from "./write-key.ts";

/** What happens to a client's address before it leaves the edge. */
export type IpPolicy = "drop" | "truncate" | "keep";

/** One source of events of a project. */
export interface SourceEntry {
  readonly source: string;
  readonly ipPolicy: IpPolicy;
}

/** One project as the edge needs it. */
export interface ProjectEntry {
  readonly project: string;
  /** Shards of the log; 1 unless raised. */
  readonly shards: number;
  readonly sources: readonly SourceEntry[];
  /** Serials of revoked write keys, ascending. */
  readonly revokedSerials: readonly number[];
}

/** The compiled registry that every Worker loads in the background. Stored in R2 under {@link registryKey}. */
export interface RegistrySnapshot {
  readonly version: number;
  readonly compiledAtMs: number;
  readonly projects: readonly ProjectEntry[];
}

/** Key of the snapshot in the lake's bucket. */
export const registryKey = "registry/snapshot.json";

/** A key as an operator sees it (never with its signature, except when it is made). */
export interface KeyEntry extends WriteKey {
  readonly createdAtMs: number;
  readonly revokedAtMs: number | null;
}

/**
 * Whether an isolate should take a newly loaded snapshot. Stale beats down: one that is older, empty, or
 * less than half as large as the one in use is refused.
 */
export function acceptsSnapshot(current: RegistrySnapshot | null, next: RegistrySnapshot): boolean {
  if (next.projects.length === 0) return false;
  if (current === null) return true;
  return next.version >= current.version && next.projects.length * 2 >= current.projects.length;
}

/** What the registry says of a key whose signature holds. `unknown` projects are taken: the snapshot may be behind. */
export function keyStanding(snapshot: RegistrySnapshot | null, key: WriteKey): "active" | "revoked" | "unknown" {
  const project = snapshot?.projects.find((entry) => entry.project === key.project);
  if (project === undefined) return "unknown";
  return project.revokedSerials.includes(key.serial) ? "revoked" : "active";
}

/** IP policy of a key's source; `truncate` where the snapshot does not say. */
export function ipPolicyOf(snapshot: RegistrySnapshot | null, key: WriteKey): IpPolicy {
  const project = snapshot?.projects.find((entry) => entry.project === key.project);
  return project?.sources.find((entry) => entry.source === key.source)?.ipPolicy ?? "truncate";
}
