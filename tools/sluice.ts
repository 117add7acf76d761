/*
 * `npm run sluice`: projects, sources, keys and read tokens of a pipeline, `flush`, and what became of its events.
 * Called by an operator; talks HTTP to the admin API of the analytics Worker.
 * It never opens the state folder's databases: a second process on them would corrupt them.
 */
import { readFileSync } from "node:fs";
import { fail, field, type Json, ok, type Result } from "@sluice/schema";
import { pathFromCaller, readArguments } from "./arguments.ts";
import { type AdminClient, createAdminClient, listOf } from "./operator/admin.ts";
import { type AdminCommand, helpText, parseCommand } from "./operator/commands.ts";
import { job, jobs, ledger, pages } from "./operator/jobs.ts";
import { fieldsReport, listReport } from "./operator/report.ts";
import { operatorTarget } from "./operator/target.ts";
import { createProgress } from "./terminal/progress.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const text = { type: "string" } as const;
  const parsed = readArguments(args, {
    url: text,
    state: text,
    currency: text,
    ip: text,
    origins: text,
    "cookie-domain": text,
    kind: text,
    scopes: text,
    steps: text,
    window: text,
    breakdown: text,
    expires: text,
    from: text,
    to: text,
    source: text,
    reason: text,
    dataset: text,
    cursor: text,
    rule: text,
    definition: text,
    "dry-run": { type: "boolean" },
    help: { type: "boolean" },
  });
  if (!parsed.ok) return refuse(`${parsed.error}\n\n${helpText}`);
  const { values, positionals } = parsed.value;
  const rule = readJson("rule", values.rule);
  if (!rule.ok) return refuse(rule.error);
  const definition = readJson("definition", values.definition);
  if (!definition.ok) return refuse(definition.error);
  const options = { ...values, rule: rule.value, definition: definition.value, dryRun: values["dry-run"] };
  const command = parseCommand(values.help === true ? ["help"] : positionals, options);
  if (!command.ok) return refuse(`${command.error}\n\n${helpText}`);
  if (command.value.kind === "help") {
    console.log(helpText);
    return 0;
  }
  const target = operatorTarget({
    url: values.url,
    state: values.state,
    tokenFromEnvironment: process.env["SLUICE_OPERATOR_TOKEN"],
  });
  if (!target.ok) return refuse(target.error);
  return perform(createAdminClient(target.value.queryUrl, target.value.operatorToken), command.value);
}

async function perform(admin: AdminClient, command: Exclude<AdminCommand, { kind: "help" }>): Promise<number> {
  switch (command.kind) {
    case "list": {
      const reply = await admin.call("GET", command.path);
      if (!reply.ok) return refuse(reply.error.message);
      console.log(listReport(listOf(reply.value, command.list), command.list));
      return 0;
    }
    case "create": {
      const reply = await admin.call("POST", command.path, command.body);
      if (!reply.ok) return refuse(reply.error.message);
      console.log(`Created ${command.what}.\n${fieldsReport(reply.value)}`);
      return 0;
    }
    case "replace": {
      const reply = await admin.call("PUT", command.path, command.body);
      if (!reply.ok) return refuse(reply.error.message);
      console.log(`Set ${command.what}.\n${fieldsReport(reply.value)}`);
      return 0;
    }
    case "revoke": {
      const reply = await admin.call("DELETE", command.path);
      if (!reply.ok) return refuse(reply.error.message);
      console.log(`Revoked ${command.what}.`);
      return 0;
    }
    case "ledger":
      return ledger(admin, command.path);
    case "pages":
      return pages(admin, command.path, command.list);
    case "job":
      return job(admin, command);
    case "jobs":
      return jobs(admin);
    case "flush":
      return flush(admin);
  }
}

/** The JSON in the file that an option names, or nothing when it is absent. */
function readJson(option: string, file: string | undefined): Result<Json | undefined, string> {
  if (file === undefined) return ok(undefined);
  try {
    return ok(JSON.parse(readFileSync(pathFromCaller(file), "utf8")) as Json);
  } catch (error) {
    return fail(
      `--${option} ${file} cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function flush(admin: AdminClient): Promise<number> {
  const progress = createProgress();
  progress.step("Publishing and rolling up…");
  const reply = await admin.call("POST", "/v1/admin/flush");
  progress.end();
  if (!reply.ok) return refuse(reply.error.message);
  console.log(`Flushed.\n${fieldsReport(reply.value)}`);
  if (field(reply.value, "drained") !== false) return 0;
  return refuse("The queue was not empty in time: what it still held is not in these numbers yet. Flush again.");
}

function refuse(message: string): number {
  console.error(message);
  return 1;
}
