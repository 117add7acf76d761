/*
 * The entry of every npm script: installs what is missing, builds what changed, then runs the command with the
 * project's own Node. Plain JavaScript without dependencies, since it runs on whatever Node (20 or newer) is there,
 * before anything is installed. It never reaches the network when nothing is missing.
 */
import { build } from "./bootstrap/build.mjs";
import { install, projectNode } from "./bootstrap/install.mjs";
import { runCommand } from "./bootstrap/run.mjs";

/**
 * What each command needs: `isBuilt` builds before it runs; `isDetached` gives it a session of its own, so that
 * Ctrl-C does not end workerd before its queue is drained.
 */
const commands = new Map([
  ["start", { script: "tools/start.ts", isBuilt: true, isDetached: true }],
  ["test", { script: "tools/test.ts", isBuilt: true, isDetached: false }],
  ["build", { script: null, isBuilt: true, isDetached: false }],
  ["check", { script: "tools/check.ts", isBuilt: true, isDetached: false }],
  ["oracle", { script: "tools/oracle.ts", isBuilt: true, isDetached: false }],
  ["sim", { script: "tools/sim.ts", isBuilt: true, isDetached: false }],
  ["demo", { script: "tools/demo.ts", isBuilt: true, isDetached: false }],
  ["sluice", { script: "tools/sluice.ts", isBuilt: true, isDetached: false }],
  ["bench", { script: "bench/run.ts", isBuilt: true, isDetached: false }],
  ["tail", { script: "tools/tail.ts", isBuilt: true, isDetached: false }],
  ["lake", { script: "tools/lake.ts", isBuilt: true, isDetached: false }],
  ["query-client", { script: "tools/query-client.ts", isBuilt: false, isDetached: false }],
  ["deploy", { script: "tools/deploy.ts", isBuilt: true, isDetached: false }],
]);

const nodeMajorMin = 20;

async function main([name = "", ...args]) {
  const major = Number(process.versions.node.split(".")[0]);
  if (!(major >= nodeMajorMin)) {
    console.error(`Sluice needs Node ${nodeMajorMin} or newer; this is ${process.version}. See https://nodejs.org`);
    return 1;
  }
  const command = commands.get(name);
  if (command === undefined) {
    console.error(`Unknown command "${name}". One of: ${[...commands.keys()].join(", ")}.`);
    return 1;
  }
  const installed = await install();
  if (installed !== 0) return installed;
  if (command.isBuilt) {
    const built = build(projectNode());
    // A check reports what does not build by itself, beside everything else it finds.
    if (built !== 0 && name !== "check") return built;
  }
  if (command.script === null) return 0;
  return runCommand(projectNode(), command.script, args, command.isDetached);
}

process.exitCode = await main(process.argv.slice(2));
