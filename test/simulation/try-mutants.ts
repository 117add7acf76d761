import { loadProduction } from "./production.ts";
import { mutants } from "./mutants.ts";
import { simulate } from "./simulate.ts";
const only = process.argv[2]; const n = Number(process.argv[3] ?? 40);
for (const mutant of mutants) {
  if (only && !mutant.name.includes(only)) continue;
  const t = performance.now();
  try {
    const production = await loadProduction(mutant.patches);
    const caught: number[] = []; const whys = new Set<string>();
    for (let seed = 1; seed <= n; seed++) { const o = await simulate(seed, production); if (o.violation) { caught.push(seed); whys.add(o.violation.replaceAll(/\d+/g, "#").slice(0, 80)); if (caught.length >= 3) break; } }
    console.log(caught.length === 0 ? "!!!! MISSED" : "caught", mutant.name, caught.join(" "), [...whys].join(" | "), Math.round(performance.now() - t), "ms");
  } catch (e) { console.log("ERROR", mutant.name, String(e).slice(0, 200)); }
}
