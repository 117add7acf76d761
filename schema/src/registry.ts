import type { WriteKey } from "./write-key.ts";

/** What happens to a client's address before it leaves the edge. */
export type IpPolicy = "drop" | "truncate" | "keep";

/** One source of events of a project. */
export interface SourceEntry {
  readonly source: string;
  readonly ipPolicy: IpPolicy;
  /**
   * Origins whose pages may send with this source's public keys: `https://shop.example`, or `https://*.shop.example` for every
   * host below it. Absent or empty: every origin.
   */
  readonly allowedOrigins?: readonly string[];
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
  return sourceOf(snapshot, key)?.ipPolicy ?? "truncate";
}

/**
 * Whether a page of `origin` (the request's `Origin` header) may send with a key. Only public keys are bound, and only where
 * the snapshot lists origins. A request without the header comes from no page (apps, pixels, servers) and passes:
 * the rule keeps a key that was copied into another site from mixing its events in; it cannot keep out who writes headers by hand.
 */
export function isOriginAllowed(snapshot: RegistrySnapshot | null, key: WriteKey, origin: string | null): boolean {
  if (origin === null || key.kind !== "public") return true;
  const allowed = sourceOf(snapshot, key)?.allowedOrigins ?? [];
  return allowed.length === 0 || isOriginListed(allowed, origin);
}

/** Whether an origin is one of a list as {@link isOriginPattern} describes its entries. An empty list holds none. */
export function isOriginListed(listed: readonly string[], origin: string): boolean {
  const asked = origin.toLowerCase();
  return listed.some((pattern) => matchesOrigin(asked, pattern.toLowerCase()));
}

const originPattern = /^https?:\/\/(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d{1,5})?$/i;

/** Whether a text can stand in `allowedOrigins`: scheme and host, `*.` before the host for all below it, a port, no path. */
export function isOriginPattern(text: string): boolean {
  return text.length <= 300 && originPattern.test(text);
}

function matchesOrigin(origin: string, pattern: string): boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return origin === pattern;
  const scheme = pattern.slice(0, star);
  const hostEnd = pattern.slice(star + 1);
  return origin.length > scheme.length + hostEnd.length && origin.startsWith(scheme) && origin.endsWith(hostEnd);
}

function sourceOf(snapshot: RegistrySnapshot | null, key: WriteKey): SourceEntry | undefined {
  const project = snapshot?.projects.find((entry) => entry.project === key.project);
  return project?.sources.find((entry) => entry.source === key.source);
}
