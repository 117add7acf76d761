/*
 * `node sdk-web/bundle/choose-names.mjs [seconds]`: looks for names of the script's variables with which it compresses better, from
 * those in names.json on, and writes them there. To be run again when the script has outgrown its 4,096 bytes.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { rollup } from "rollup";
import config from "../rollup.config.mjs";
import { renamable } from "./names.mjs";

const file = new URL("names.json", import.meta.url);
const letters = "etnaircsolfudhpmgyvwbxkqjzABCDEFGHIJKLMNOPQRSTUVWXYZ$_";
const endMs = Date.now() + 1000 * Number(process.argv[2] ?? 60);

const bundle = await rollup({ ...config, plugins: config.plugins.filter(({ name }) => name !== "names") });
const { output } = await bundle.generate(config.output);
const script = renamable(output[0].code);

/** By zlib as Node has it, and by gzip: they differ by some dozens of bytes. The larger one counts. */
const zlibBytes = (text) => gzipSync(text, { level: 9 }).length;
const gzipBytes = (text) => execFileSync("gzip", ["-9"], { input: text }).length;

const kept = JSON.parse(readFileSync(file, "utf8")).split(" ");
let names = script.fits(kept) ? kept : script.names;
let zlib = zlibBytes(script.withNames(names));
let gzip = gzipBytes(script.withNames(names));
console.log(`${zlib} bytes by zlib, ${gzip} by gzip`);
while (Date.now() < endMs) {
  const index = Math.floor(Math.random() * names.length);
  const name = letters[Math.floor(Math.random() ** 2 * letters.length)];
  const swapped = names.map((other, at) =>
    script.clashes[index].includes(at) && other === name ? names[index] : other,
  );
  swapped[index] = name;
  if (!script.fits(swapped)) continue;
  const text = script.withNames(swapped);
  const byZlib = zlibBytes(text);
  if (byZlib > zlib + 2) continue;
  const byGzip = gzipBytes(text);
  if (byZlib + byGzip > zlib + gzip) continue;
  [names, zlib, gzip] = [swapped, byZlib, byGzip];
}
console.log(`${zlib} bytes by zlib, ${gzip} by gzip`);
writeFileSync(file, `${JSON.stringify(names.join(" "))}\n`);
