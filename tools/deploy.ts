/*
 * `npm run deploy`: puts the three Workers into a Cloudflare account, in the order that is safe.
 * Called by an operator with CLOUDFLARE_API_TOKEN set, and by CI with --dry-run, which needs no network.
 * It never deletes anything, and never replaces a secret that the account has.
 */
import { readArguments } from "./arguments.ts";
import { deployToAccount } from "./deploy/account.ts";
import { dryRun } from "./deploy/dry-run.ts";

const usage = `Usage: npm run deploy -- [--dry-run] [--free-plan] [--ingest-url https://in.example.com]`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const parsed = readArguments(args, {
    "dry-run": { type: "boolean" },
    "free-plan": { type: "boolean" },
    "ingest-url": { type: "string" },
    help: { type: "boolean" },
  });
  if (!parsed.ok || parsed.value.positionals.length > 0) {
    console.error(parsed.ok ? usage : `${parsed.error}\n${usage}`);
    return 1;
  }
  const { values } = parsed.value;
  if (values.help === true) {
    console.log(usage);
    return 0;
  }
  if (values["dry-run"] === true) return dryRun();
  try {
    await deployToAccount({ isFreePlan: values["free-plan"] === true, ingestUrl: values["ingest-url"] });
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}
