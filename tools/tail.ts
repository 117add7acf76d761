/*
 * `npm run tail -- PROJECT`: prints a project's events and rejects as they come, for whoever puts an SDK into an application.
 * Called by a developer; talks HTTP to the admin API of the analytics Worker.
 * It never changes anything, and never prints what could drive the terminal.
 */
import { setTimeout as pause } from "node:timers/promises";
import { readArguments } from "./arguments.ts";
import { createAdminClient } from "./operator/admin.ts";
import { operatorTarget } from "./operator/target.ts";
import { follow } from "./tail/follow.ts";
import { eventJson, eventLine } from "./tail/lines.ts";

const usage = `Usage: npm run tail -- PROJECT [--source SOURCE] [--json] [--once] [--url https://… | --state DIR]

Prints the last events of each source, then those that arrive: ✓ stored, ✗ rejected and why.
  --json   one JSON object a line
  --once   only what there is now`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = { url: text, state: text, source: text, json: flag, once: flag, help: flag };
  const parsed = readArguments(args, options);
  if (!parsed.ok) return refuse(`${parsed.error}\n\n${usage}`);
  const { values, positionals } = parsed.value;
  if (values.help === true) {
    console.log(usage);
    return 0;
  }
  const [project, ...rest] = positionals;
  if (project === undefined || rest.length > 0) return refuse(usage);
  const { url, state, source, json, once } = values;
  const target = operatorTarget({ url, state, tokenFromEnvironment: process.env["SLUICE_OPERATOR_TOKEN"] });
  if (!target.ok) return refuse(target.error);
  // Whoever reads us may go away (`| head`): that is the end, not an error.
  process.stdout.on("error", () => process.exit(0));
  const hasColor = process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "";
  const failure = await follow({
    admin: createAdminClient(target.value.queryUrl, target.value.operatorToken),
    question: { project, source, isOnce: once === true },
    print: (event) => console.log(json === true ? eventJson(event) : eventLine(event, hasColor)),
    tell: (message) => console.error(message),
    pause: async (ms) => pause(ms),
  });
  return failure === null ? 0 : refuse(failure);
}

function refuse(message: string): number {
  console.error(message);
  return 1;
}
