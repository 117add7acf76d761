import { loadProduction } from "./production.ts";
import { mutants } from "./mutants.ts";
import { simulate } from "./simulate.ts";
const n = Number(process.argv[2] ?? 40);
const t0 = performance.now();
const base = await loadProduction();
for (let seed = 1; seed <= 30; seed++) { const o = await simulate(seed, base); if (o.violation) console.log("BASE", seed, o.violation); }
console.log("base", Math.round(performance.now() - t0));
for (const mutant of mutants) {
  const t = performance.now();
  try {
    const production = await loadProduction(mutant.patches);
    let caught = 0; let why = "";
    for (let seed = 1; seed <= n && caught === 0; seed++) { const o = await simulate(seed, production); if (o.violation) { caught = seed; why = o.violation; } }
    console.log(caught === 0 ? "!!!! MISSED" : `caught ${caught}`, mutant.name, "::", why.slice(0, 90), Math.round(performance.now() - t), "ms");
  } catch (e) { console.log("ERROR", mutant.name, String(e).slice(0, 200)); }
}
