import { field, isObject, type JsonObject, textField } from "@sluice/schema";
import { createProgress } from "../terminal/progress.ts";
import { type AdminClient, listOf } from "./admin.ts";
import type { AdminCommand } from "./commands.ts";
import { fieldsReport, listReport } from "./report.ts";

/** The ledger of a range: a row by source and hour, and the sums. Returns the exit code, as the others do. */
export async function ledger(admin: AdminClient, path: string): Promise<number> {
  const reply = await admin.call("GET", path);
  if (!reply.ok) return refuse(reply.error.message);
  console.log(listReport(listOf(reply.value, "rows"), "events in these hours"));
  const totals = field(reply.value, "totals");
  const sums = { ...(isObject(totals) ? totals : {}), unpublished: field(reply.value, "unpublished") ?? 0 };
  console.log(`\nIn all\n${fieldsReport(sums)}`);
  return 0;
}

/** Background jobs: what is wrong, where each stands, and the last runs. */
export async function jobs(admin: AdminClient): Promise<number> {
  const reply = await admin.call("GET", "/v1/admin/jobs");
  if (!reply.ok) return refuse(reply.error.message);
  const lists = ["problems", "jobs", "runs"].map((name) => listReport(listOf(reply.value, name), name));
  console.log(lists.join("\n\n"));
  return 0;
}

/** A list that comes in pages. */
export async function pages(admin: AdminClient, path: string, list: string): Promise<number> {
  const entries: JsonObject[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `?${new URLSearchParams({ cursor })}`;
    const reply = await admin.call("GET", path + query);
    if (!reply.ok) return refuse(reply.error.message);
    entries.push(...listOf(reply.value, list));
    cursor = textField(reply.value, "cursor");
  } while (cursor !== null);
  console.log(listReport(entries, list));
  return 0;
}

/**
 * Asks for one step after the other until the answer has no cursor, and sums up what they did. When a step fails, says with which
 * cursor to go on; a step may be repeated.
 */
export async function job(admin: AdminClient, command: Extract<AdminCommand, { kind: "job" }>): Promise<number> {
  const sums = new Map<string, number>();
  const progress = createProgress();
  let cursor = textField(command.body, "cursor");
  do {
    progress.step([command.what, ...[...sums].map(([name, count]) => `${count} ${name}`)].join(", "));
    const reply = await admin.call("POST", command.path, { ...command.body, ...(cursor === null ? {} : { cursor }) });
    if (!reply.ok) {
      progress.end();
      const resume = cursor === null ? "" : `\nGo on with: --cursor ${cursor}`;
      return refuse(`${reply.error.message}${resume}`);
    }
    addCounts(sums, reply.value);
    cursor = textField(reply.value, "cursor");
  } while (cursor !== null);
  progress.end();
  const title = field(command.body, "dryRun") === true ? "Nothing was sent (--dry-run). It would be" : "Done";
  console.log(sums.size === 0 ? `No ${command.what}.` : `${title}\n${fieldsReport(Object.fromEntries(sums))}`);
  return 0;
}

/** Numbers of a step's answer, or of its `outcomes`. */
function addCounts(sums: Map<string, number>, reply: JsonObject): void {
  const outcomes = field(reply, "outcomes");
  for (const [name, value] of Object.entries(isObject(outcomes) ? outcomes : reply)) {
    if (typeof value === "number") sums.set(name, (sums.get(name) ?? 0) + value);
  }
}

function refuse(message: string): number {
  console.error(message);
  return 1;
}
