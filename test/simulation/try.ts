import { loadProduction } from "./production.ts";
import { simulate } from "./simulate.ts";
const from = Number(process.argv[2] ?? 1), n = Number(process.argv[3] ?? 5);
const production = await loadProduction();
const t = performance.now();
const why = new Map<string, number[]>();
for (let seed = from; seed < from + n; seed++) {
  const t1 = performance.now();
  const o = await simulate(seed, production);
  if (n <= 20) console.log(seed, o.violation, o.steps, o.events, o.parts, o.digest, Math.round(performance.now() - t1));
  if (o.violation !== null) { const k = o.violation.replaceAll(/\d+/g, "#").slice(0, 90); why.set(k, [...(why.get(k) ?? []), seed]); }
  if (o.violation && n === 1) console.log(o.trace.join("\n"));
}
for (const [k, v] of why) console.log(v.length, k, v.slice(0, 8).join(" "));
console.log(Math.round(performance.now() - t), "ms", process.cpuUsage().user / 1000 / n, "cpu ms/seed");
