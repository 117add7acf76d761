import type { ExitDrain } from "../platform.ts";

const signals = ["SIGTERM", "SIGINT"] as const;

/**
 * The first copy of this package in a process serves them all (one may come by import, another by require): two that listened
 * would take each other for the host, and leave the end to it.
 */
const joinKey = Symbol.for("@sluice/node exit");

/** Everything in this process that has to be drained before it ends. One set of listeners serves all of them. */
const drains = new Set<ExitDrain>();
let isDraining = false;

/**
 * Drains when the process gets SIGTERM or SIGINT, or has nothing left to do.
 *
 * A listener takes away what a signal does by itself, so the signal is raised again after the drain, unless the host listens
 * too: then the end is the host's to decide. A second signal ends at once.
 */
export function drainAtExit(drain: ExitDrain): () => void {
  const holder = globalThis as { [joinKey]?: typeof join };
  return (holder[joinKey] ??= join)(drain);
}

function join(drain: ExitDrain): () => void {
  if (drains.size === 0) listen();
  drains.add(drain);
  return () => {
    if (drains.delete(drain) && drains.size === 0) unlisten();
  };
}

function listen(): void {
  for (const signal of signals) process.on(signal, onSignal);
  process.on("beforeExit", onBeforeExit);
}

function unlisten(): void {
  for (const signal of signals) process.off(signal, onSignal);
  process.off("beforeExit", onBeforeExit);
}

function onSignal(signal: NodeJS.Signals): void {
  const isOurs = process.listenerCount(signal) === 1;
  const end = (): void => {
    if (!isOurs) return;
    unlisten();
    process.kill(process.pid, signal);
  };
  if (isDraining) end();
  else void drainAll().then(end);
}

/** When the time was not enough, the end that follows it must not be put off again. */
function onBeforeExit(): void {
  process.off("beforeExit", onBeforeExit);
  void drainAll().then(() => {
    const isDone = ![...drains].some((one) => one.isPending());
    if (isDone && drains.size > 0) process.on("beforeExit", onBeforeExit);
  });
}

async function drainAll(): Promise<void> {
  isDraining = true;
  await Promise.all([...drains].filter((one) => one.isPending()).map((one) => one.drain()));
  isDraining = false;
}
