import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("./modules/", import.meta.url));
const modules = readdirSync(folder);

async function bundle(contents: string): Promise<string> {
  const options = {
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    logLevel: "silent",
  } as const;
  const { outputFiles } = await build({ stdin: { contents, resolveDir: folder, loader: "ts" }, ...options });
  return outputFiles[0]?.text ?? "";
}

test.each(modules)("SW17: the optional module %s weighs at most 800 bytes, gzip -9", async (file) => {
  const code = await bundle(`export * from "./${file}"`);
  const bytes = gzipSync(code, { level: 9 }).length;
  console.log(`${file.padEnd(20)} ${bytes} bytes`);
  expect(code.length).toBeGreaterThan(100);
  expect(bytes).toBeLessThanOrEqual(800);
});

test("SW17: modules that are not used are not in an application's bundle, and each of them is in the package", async () => {
  const index = readFileSync(new URL("./index.ts", import.meta.url), "utf8");
  for (const file of modules) expect(index).toContain(`"./modules/${file}"`);
  const code = await bundle(
    `import { createClient } from "../index.ts"; createClient({ host: "/e", writeKey: "a.b" })`,
  );
  for (const name of ["Script Error", "Page Scrolled", "Web Vitals", "sluice_id", "Outbound"])
    expect(code).not.toContain(name);
  expect(code).toContain("/v1/batch");
});
