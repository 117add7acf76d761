import { spawn } from "node:child_process";
import { constants } from "node:os";
import { root } from "./install.mjs";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
const parentPollMs = 1000;

/**
 * Runs a script of the project with the project's Node and returns its exit code. Signals are passed on.
 *
 * A detached script has a session of its own: Ctrl-C in a terminal, which goes to every process of the group, then
 * reaches it only from here, and its own children not at all. It learns from its standard input that we are gone,
 * however that came about; and we look whether npm, which may be killed without a word, is still there.
 */
export function runCommand(node, script, args, isDetached) {
  // A terminal that was closed must not end us before what we started has ended.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const isOwnSession = isDetached && process.platform !== "win32";
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", script, ...args], {
    cwd: root,
    detached: isOwnSession,
    stdio: [isDetached ? "pipe" : "inherit", "inherit", "inherit"],
    env: { ...process.env, ...(isDetached && { SLUICE_PARENT_PIPE: "1" }) },
  });
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  const parentPid = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parentPid) child.kill("SIGTERM");
  }, parentPollMs);
  return new Promise((resolve) => {
    child.on("error", (error) => {
      clearInterval(watch);
      console.error(error.message);
      resolve(1);
    });
    child.on("exit", (code, signal) => {
      clearInterval(watch);
      for (const name of signals) process.removeAllListeners(name);
      if (isOwnSession && signal !== null) endSession(child.pid);
      // Without this the pipe to the child keeps us alive.
      child.stdin?.destroy();
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

/** Ends what a killed script has left running: a runtime without it would hold the ports and answer on them. */
function endSession(pid) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // nothing was left
  }
}
