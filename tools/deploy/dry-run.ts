import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { bindingLines, deployPlan, type DeployUnit, expiryRules, migrationLines, resourcesOf } from "./plan.ts";
import { wrangler } from "./wrangler.ts";

/** Largest compressed bundle that Cloudflare takes on its free plan (https://developers.cloudflare.com/workers/platform/limits/). */
const bundleGzipBytesMax = 3 * 1024 * 1024;

/** Bundles every Worker as a deploy would and prints what it would do, in order, without a network. */
export async function dryRun(): Promise<number> {
  const units = deployPlan();
  const { buckets, queues, databases } = resourcesOf(units);
  console.log("A deploy would first make what is missing:");
  for (const name of buckets) {
    console.log(`  R2 bucket ${name}`);
    for (const { prefix, days } of expiryRules) console.log(`    ${prefix} expires after ${days} days`);
  }
  for (const name of queues) console.log(`  queue ${name}`);
  for (const name of databases) console.log(`  D1 database ${name}`);
  let failures = 0;
  for (const [position, unit] of units.entries()) {
    const size = await bundleSize(unit);
    console.log(`\n${position + 1}. ${unit.config.name ?? unit.folder}  (${size.text})`);
    for (const line of bindingLines(unit)) console.log(`     ${line}`);
    for (const line of migrationLines(unit)) console.log(`     migration: ${line}`);
    if (!size.ok) failures += 1;
  }
  console.log(
    failures === 0
      ? "\nDry run: nothing was deployed."
      : `\n${failures} of ${units.length} Workers cannot be deployed.`,
  );
  return failures === 0 ? 0 : 1;
}

async function bundleSize(unit: DeployUnit): Promise<{ ok: boolean; text: string }> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-deploy-"));
  try {
    const result = await wrangler(["deploy", "--dry-run", "--outdir", folder, "--config", unit.configPath]);
    if (result.code !== 0) return { ok: false, text: `FAILED\n${result.output.trim()}` };
    const bundle = readFileSync(join(folder, "index.js"));
    const gzipBytes = gzipSync(bundle).length;
    const text = `${kibibytes(bundle.length)}, ${kibibytes(gzipBytes)} gzip`;
    return gzipBytes <= bundleGzipBytesMax
      ? { ok: true, text }
      : { ok: false, text: `${text}: more than ${kibibytes(bundleGzipBytesMax)} gzip` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function kibibytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(0)} KiB`;
}
