/*
 * `npm run bench -- node [EVENTS]`: 200,000 events of ten properties through each server SDK to a sink on this machine. Each
 * contender is a process of its own; beside them a floor of sixty lines that only builds, writes, compresses and sends.
 * Figures are medians, ratios are taken round by round. Then the sink goes away for five seconds in mid-run.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { build, stop } from "esbuild";
import { setTimeout } from "node:timers/promises";
import { formatTable } from "../tools/terminal/table.ts";
import { contenders } from "./node/contenders.ts";
import { Sink } from "./node/sink.ts";

const events = Number(process.argv[2] ?? 200_000);
/** Rounds of the floor and of ours, in turns; the others, which take minutes, run once, beside the first. */
const rounds = 7;
const awayMs = 5000;
const ours = "@sluice/node";

interface Run {
  readonly eventsPerSecond: number;
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
  readonly bytesPerEvent: number;
  readonly lost: number;
}

// Bundled first: Node's own stripping of types would count as the contenders' memory.
const script = join(import.meta.dirname, "node", "dist", "contender.js");
await build({
  entryPoints: [join(import.meta.dirname, "node", "contender.ts")],
  outfile: script,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
});
await stop();

const sink = await Sink.listen();
const names = Object.keys(contenders);
const runs = new Map<string, Run[]>(names.map((name) => [name, []]));
for (let round = 0; round < rounds; round++) {
  for (const name of round === 0 ? names : ["floor", ours]) {
    console.error(`round ${round + 1} of ${rounds}: ${name}…`);
    runs.get(name)?.push(await run(name, () => undefined));
  }
}
console.log(
  formatTable(["client", "events/s", "× floor", "CPU s", "× floor", "peak MB", "B/event", "lost"], names.map(rowOf)),
);

console.error("the sink goes away…");
const outage = await run(ours, async () => {
  while (sink.requests === 0) await setTimeout(5);
  sink.setAway(true);
  await setTimeout(awayMs);
  sink.setAway(false);
});
console.log(
  `\nsink away for ${awayMs / 1000} s in mid-run: ${outage.lost} of ${events} lost, peak ${outage.peakMegabytes.toFixed(0)} MB`,
);
sink.close();

/** Runs one contender while something happens to the sink. */
async function run(name: string, meanwhile: () => unknown): Promise<Run> {
  const child = spawn(process.execPath, [script, name, sink.host, String(events)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  await meanwhile();
  const code = await ended;
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
  const line = output.trim().split("\n").at(-1) ?? "";
  const { seconds, cpuSeconds, peakBytes } = JSON.parse(line) as Record<string, number>;
  const { bytes, distinct } = sink.take();
  return {
    eventsPerSecond: events / (seconds ?? Number.NaN),
    cpuSeconds: cpuSeconds ?? Number.NaN,
    peakMegabytes: (peakBytes ?? Number.NaN) / 1e6,
    bytesPerEvent: bytes / events,
    lost: events - distinct,
  };
}

function rowOf(name: string): string[] {
  const own = runs.get(name) ?? [];
  const floor = runs.get("floor") ?? [];
  const middle = (of: keyof Run): number => median(own.map((one) => one[of]));
  const ratio = (of: keyof Run): number =>
    median(own.map((one, round) => one[of] / (floor[round]?.[of] ?? Number.NaN)));
  return [
    name,
    middle("eventsPerSecond").toFixed(0),
    ratio("eventsPerSecond").toFixed(2),
    middle("cpuSeconds").toFixed(2),
    ratio("cpuSeconds").toFixed(2),
    middle("peakMegabytes").toFixed(0),
    middle("bytesPerEvent").toFixed(1),
    middle("lost").toFixed(0),
  ];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
