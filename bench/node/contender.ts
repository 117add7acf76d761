/*
 * One contender in a process of its own: `node contender.js NAME HOST EVENTS`, bundled by bench/node.ts. Prints what it took as one line of
 * JSON. Loading the package counts to its memory, not to its time.
 */
import { contenders } from "./contenders.ts";

const [name = "", host = "", events = "0"] = process.argv.slice(2);
const contender = Object.hasOwn(contenders, name) ? contenders[name] : undefined;
if (contender === undefined) throw new Error(`no contender is called ${name}`);
const cpu = process.cpuUsage();
const startedMs = performance.now();
await contender(host, "bench.server.s1.abcdefghijklmnopqrstuv", Number(events));
const seconds = (performance.now() - startedMs) / 1000;
const { user, system } = process.cpuUsage(cpu);
const peakBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(`${JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, peakBytes })}\n`, () =>
  process.exit(),
);
