import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readJsonFile, writePrivateJson } from "../local/state-files.ts";
import { projectRoot } from "../project-root.ts";
import type { DeployUnit } from "./plan.ts";
import { wrangler } from "./wrangler.ts";

type Secrets = Readonly<Record<string, string>>;

/** Where secrets that a first deploy makes are kept; never committed. */
export const deploySecretsPath = join(projectRoot, ".sluice", "deploy-secrets.json");

/**
 * The secrets to upload, or `null` when the account has them already and nothing says otherwise. Made only when the
 * account has none: a new WRITE_KEY_SECRETS would make every write key in use invalid.
 */
export async function secretsToUpload(units: readonly DeployUnit[]): Promise<Secrets | null> {
  const fromEnvironment = given({
    WRITE_KEY_SECRETS: process.env["SLUICE_WRITE_KEY_SECRETS"],
    OPERATOR_TOKEN: process.env["SLUICE_OPERATOR_TOKEN"],
  });
  const kept = readJsonFile<Secrets>(deploySecretsPath) ?? {};
  const known = { ...kept, ...fromEnvironment };
  if (known["WRITE_KEY_SECRETS"] !== undefined && known["OPERATOR_TOKEN"] !== undefined) return known;
  const present = await Promise.all(units.map((unit) => hasAllSecrets(unit)));
  if (present.every(Boolean)) return null;
  if (present.some(Boolean)) {
    throw new Error(
      "Some Workers have their secrets and others do not. Give both in the environment, as they are in the account:\n" +
        "SLUICE_WRITE_KEY_SECRETS and SLUICE_OPERATOR_TOKEN.",
    );
  }
  const made = {
    WRITE_KEY_SECRETS: randomBytes(32).toString("hex"),
    OPERATOR_TOKEN: randomBytes(32).toString("hex"),
    ...known,
  };
  writePrivateJson(deploySecretsPath, made);
  console.log(`New secrets were made and are kept in ${deploySecretsPath}. Keep a copy in a safe place.`);
  return made;
}

/** Runs an action with a file of the secrets of one Worker, which exists only meanwhile. */
export async function withSecretsFile<T>(
  unit: DeployUnit,
  secrets: Secrets | null,
  action: (args: readonly string[]) => Promise<T>,
): Promise<T> {
  if (secrets === null) return action([]);
  const folder = mkdtempSync(join(tmpdir(), "sluice-secrets-"));
  try {
    const path = join(folder, "secrets.json");
    writePrivateJson(path, Object.fromEntries(unit.secrets.map((name) => [name, secrets[name] ?? ""])));
    return await action(["--secrets-file", path]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function hasAllSecrets(unit: DeployUnit): Promise<boolean> {
  const result = await wrangler(["secret", "list", "--format", "json", "--config", unit.configPath]);
  if (result.code !== 0) {
    if (/does not exist|not found|10007/i.test(result.output)) return false;
    throw new Error(`The secrets of ${unit.folder} could not be listed:\n${result.output.trim()}`);
  }
  return unit.secrets.every((name) => result.output.includes(`"${name}"`));
}

function given(values: Record<string, string | undefined>): Secrets {
  const entries = Object.entries(values).filter((entry): entry is [string, string] => (entry[1] ?? "") !== "");
  return Object.fromEntries(entries);
}
