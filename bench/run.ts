/*
 * `npm run bench -- NAME`: runs one benchmark of this folder. Figures are ratios within one run, since machines are shared
 * and noisy; none of them is a test.
 */
import { readdirSync } from "node:fs";

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ts") && file !== "run.ts")
  .map((file) => file.slice(0, -".ts".length));
const [name = ""] = process.argv.splice(2, 1);
if (names.includes(name)) {
  await import(`./${name}.ts`);
} else {
  console.error(`Usage: npm run bench -- NAME [ARGUMENT …], with NAME one of: ${names.join(", ")}`);
  process.exitCode = 1;
}
