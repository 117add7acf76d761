import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathFromCaller } from "../arguments.ts";
import { projectRoot } from "../project-root.ts";

/** What `.sluice/local.json` says while the local pipeline runs. The file exists only then. */
export interface LocalConfig {
  /** Base of the ingest API, without a trailing slash. */
  readonly ingestUrl: string;
  /** Base of the query and admin API, without a trailing slash. */
  readonly queryUrl: string;
  readonly dashboardUrl: string;
  readonly shopUrl: string;
  readonly project: string;
  /** Public write key of source `web`. */
  readonly writeKey: string;
  /** Server write key of source `server`. */
  readonly serverKey: string;
  /** Read token of the query API. */
  readonly readToken: string;
  /** Process that runs the pipeline. */
  readonly pid: number;
}

/** Secrets of the local pipeline, made on first start. */
export interface LocalSecrets {
  /** Comma-separated; the first signs write keys, all verify. */
  readonly writeKeySecrets: string;
  readonly operatorToken: string;
}

/** Keys that the admin API shows once, kept for the next start. */
export interface LocalKeys {
  readonly project: string;
  readonly writeKey: string;
  readonly serverKey: string;
  readonly readToken: string;
  readonly readTokenId: string;
}

/** Paths inside a state folder. */
export interface StatePaths {
  readonly folder: string;
  readonly persistence: string;
  readonly secrets: string;
  readonly keys: string;
  readonly local: string;
  readonly lock: string;
  readonly log: string;
}

/** The paths of a state folder; `--state`, then SLUICE_STATE_DIR, then `.sluice` in the project. */
export function statePaths(chosen?: string): StatePaths {
  const fromEnvironment = process.env["SLUICE_STATE_DIR"];
  const folder = pathFromCaller(chosen ?? (fromEnvironment || join(projectRoot, ".sluice")));
  return {
    folder,
    persistence: join(folder, "state"),
    secrets: join(folder, "secrets.json"),
    keys: join(folder, "keys.json"),
    local: join(folder, "local.json"),
    lock: join(folder, "lock"),
    log: join(folder, "pipeline.log"),
  };
}

/** A JSON file, or `null` when it is absent or not JSON (a first start, or a file cut short by a crash). */
export function readJsonFile<T>(path: string): T | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as T;
  } catch {
    return null; // absent or damaged: the caller makes it anew
  }
}

/** Writes a JSON file that only its owner may read; a reader sees the old or the new text, never half of one. */
export function writePrivateJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}

/** What a secret may be: it travels in a header. */
const secretPattern = /^[\x21-\x7e]{16,200}$/;

/**
 * The secrets of a state folder, made when it has none that can be used.
 *
 * @param onReplaced told when the folder was in use before: every write key signed with the lost secret is void.
 */
export function loadSecrets(paths: StatePaths, onReplaced: () => void): LocalSecrets {
  const kept = readJsonFile<Partial<LocalSecrets>>(paths.secrets);
  const { writeKeySecrets = "", operatorToken = "" } = kept ?? {};
  if (isSecret(writeKeySecrets) && isSecret(operatorToken)) return { writeKeySecrets, operatorToken };
  if (existsSync(paths.persistence)) onReplaced();
  const secrets: LocalSecrets = {
    writeKeySecrets: randomBytes(32).toString("hex"),
    operatorToken: randomBytes(32).toString("hex"),
  };
  writePrivateJson(paths.secrets, secrets);
  return secrets;
}

function isSecret(value: unknown): boolean {
  return typeof value === "string" && secretPattern.test(value);
}

/** Removes `local.json`: the pipeline no longer answers. */
export function removeLocalConfig(paths: StatePaths): void {
  rmSync(paths.local, { force: true });
}
