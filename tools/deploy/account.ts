import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { deployPlan, type DeployUnit, expiryRules, resourcesOf } from "./plan.ts";
import { deploySecretsPath, secretsToUpload, withSecretsFile } from "./secrets.ts";
import { runWrangler, wrangler } from "./wrangler.ts";

/** What a deploy may be told. */
export interface DeployOptions {
  /** Queues keep messages for a day only, the most that the free plan allows; else for 14 days. */
  readonly isFreePlan: boolean;
  /** Public URL of the ingest Worker where it has a domain of its own. */
  readonly ingestUrl: string | undefined;
}

/** What wrangler.jsonc says where each account has an id of its own. */
const placeholderId = "00000000-0000-0000-0000-000000000000";

const retentionSeconds = { paid: 14 * 86_400, free: 86_400 };

/** Makes what is missing in the account, then deploys: consumer, edge, D1 migrations, analytics. */
export async function deployToAccount(options: DeployOptions): Promise<void> {
  const account = await wrangler(["whoami"]);
  if (account.code !== 0 || /not authenticated/i.test(account.output)) {
    throw new Error("No Cloudflare account: set CLOUDFLARE_API_TOKEN (see docs/deploy.md), then deploy again.");
  }
  const units = deployPlan();
  const databaseIds = await makeResources(units, options);
  const secrets = await secretsToUpload(units);
  let ingestUrl = options.ingestUrl;
  const urls = new Map<string, string>();
  for (const unit of units) {
    const needsUrl = Object.hasOwn(unit.config.vars, "INGEST_URL") && ingestUrl !== undefined;
    const vars = needsUrl ? ["--var", `INGEST_URL:${ingestUrl}`] : [];
    const output = await withConfig(unit, databaseIds, (configPath) =>
      withSecretsFile(unit, secrets, (secretArgs) => deployOne(unit, configPath, [...vars, ...secretArgs])),
    );
    const url = /https:\/\/[\w.-]+\.workers\.dev/.exec(output)?.[0];
    if (url !== undefined) urls.set(unit.folder, url);
    if (unit.folder === "worker") ingestUrl ??= url;
  }
  report(urls, ingestUrl, secrets !== null);
}

/** The Worker's D1 migrations, then the Worker; returns what wrangler printed. */
async function deployOne(unit: DeployUnit, configPath: string, args: readonly string[]): Promise<string> {
  for (const database of unit.config.d1_databases) {
    if (database.migrations_dir === undefined) continue; // another Worker's database
    const name = database.database_name ?? database.binding;
    await runWrangler(["d1", "migrations", "apply", name, "--remote", "--config", configPath]);
  }
  return runWrangler(["deploy", "--config", configPath, ...args]);
}

/** Buckets, queues and databases, each made unless it is there; returns the databases' ids by name. */
async function makeResources(
  units: readonly DeployUnit[],
  options: DeployOptions,
): Promise<ReadonlyMap<string, string>> {
  const { buckets, queues, databases } = resourcesOf(units);
  for (const name of buckets) {
    if ((await wrangler(["r2", "bucket", "info", name])).code !== 0)
      await runWrangler(["r2", "bucket", "create", name]);
    await makeExpiryRules(name);
  }
  const seconds = String(options.isFreePlan ? retentionSeconds.free : retentionSeconds.paid);
  for (const name of queues) {
    if ((await wrangler(["queues", "info", name])).code === 0) continue;
    await runWrangler(["queues", "create", name, "--message-retention-period-secs", seconds]);
  }
  let ids = await databaseIds();
  for (const name of databases) if (!ids.has(name)) await runWrangler(["d1", "create", name]);
  if (databases.some((name) => !ids.has(name))) ids = await databaseIds();
  return ids;
}

async function makeExpiryRules(bucket: string): Promise<void> {
  const present = await runWrangler(["r2", "bucket", "lifecycle", "list", bucket]);
  for (const { name, prefix, days } of expiryRules) {
    if (present.includes(name)) continue;
    const expiry = ["--expire-days", String(days), "--force"];
    await runWrangler(["r2", "bucket", "lifecycle", "add", bucket, name, prefix, ...expiry]);
  }
}

async function databaseIds(): Promise<ReadonlyMap<string, string>> {
  const output = await runWrangler(["d1", "list", "--json"]);
  const list = JSON.parse(output.slice(output.indexOf("["))) as { name: string; uuid: string }[];
  return new Map(list.map((entry) => [entry.name, entry.uuid]));
}

/**
 * Runs an action with the Worker's config, the account's own database ids in the place of the placeholder. The file
 * lies beside the original, since its paths are relative to it, and exists only meanwhile.
 */
async function withConfig<T>(
  unit: DeployUnit,
  ids: ReadonlyMap<string, string>,
  action: (configPath: string) => Promise<T>,
): Promise<T> {
  const original = readFileSync(unit.configPath, "utf8");
  let text = original;
  for (const database of unit.config.d1_databases) {
    if (database.database_id !== placeholderId) continue;
    const id = ids.get(database.database_name ?? "");
    if (id === undefined) throw new Error(`The account has no D1 database ${database.database_name ?? ""}`);
    text = text.replace(placeholderId, id);
  }
  if (text === original) return action(unit.configPath);
  const path = join(dirname(unit.configPath), "wrangler.deploy.jsonc");
  try {
    writeFileSync(path, text);
    return await action(path);
  } finally {
    rmSync(path, { force: true });
  }
}

function report(urls: ReadonlyMap<string, string>, ingestUrl: string | undefined, hasUploaded: boolean): void {
  console.log(`\nDeployed.`);
  if (ingestUrl !== undefined) console.log(`  Ingest     ${ingestUrl}`);
  const analytics = urls.get("analytics");
  if (analytics === undefined) return;
  console.log(`  Query      ${analytics}`);
  const token = hasUploaded ? `OPERATOR_TOKEN of ${deploySecretsPath}` : "the account's OPERATOR_TOKEN";
  console.log(`\nNext, with SLUICE_OPERATOR_TOKEN set to ${token}:`);
  console.log(`  npm run sluice -- project create shop --url ${analytics}`);
}
