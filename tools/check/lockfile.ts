/** What of package-lock.json (version 3) this check reads. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

interface LockEntry {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * Optional packages (the binaries of other platforms) that a lock file needs and does not hold, one sentence each.
 *
 * npm leaves them out when the registry lacks one at the time, or when it locks from a tree installed on one platform
 * only; `npm ci` then refuses, or installs without a binary, on every other platform.
 */
export function lockFileGaps(lock: LockFile): readonly string[] {
  const gaps: string[] = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      const found = resolvePackage(lock, path, name);
      const owner = path === "" ? "the project" : path;
      if (found === null) gaps.push(`${owner} needs ${name}@${range}, which the lock file does not hold`);
      else if (isExact(range) && found.version !== range) {
        gaps.push(`${owner} needs ${name}@${range}, but the lock file holds ${found.version ?? "no version"}`);
      } else if (found.link !== true && found.integrity === undefined) {
        gaps.push(`${owner} needs ${name}@${range}, which the lock file holds without its checksum`);
      }
    }
  }
  return gaps;
}

/** Finds a package as Node does: beside the one that needs it, then in each folder above. */
function resolvePackage(lock: LockFile, from: string, name: string): LockEntry | null {
  for (let folder = from; ; folder = parentOf(folder)) {
    const candidate = folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (Object.hasOwn(lock.packages, candidate)) return lock.packages[candidate] ?? null;
    if (folder === "") return null;
  }
}

/** The package whose node_modules holds this one; the project itself for a workspace. */
function parentOf(path: string): string {
  const at = path.lastIndexOf("/node_modules/");
  return at < 0 ? "" : path.slice(0, at);
}

function isExact(range: string): boolean {
  return /^\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/.test(range);
}
