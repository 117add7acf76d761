import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

/** Bytes of everything that the package exports, with all that it imports, minified by esbuild, gzip -9. */
const sizeBytesMax = 13_824;

test("SM50: the complete SDK, its gzip included, adds at most 13.5 KiB to an app's bundle", async () => {
  const { outputFiles } = await build({
    stdin: { contents: 'export * from "./index.ts";', resolveDir: import.meta.dirname },
    ...({ bundle: true, minify: true, format: "esm", target: "es2020", write: false } as const),
  });
  const bytes = gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length;
  console.log(`@sluice/react-native: ${bytes} bytes`);
  expect(bytes).toBeGreaterThan(4096);
  expect(bytes).toBeLessThanOrEqual(sizeBytesMax);
});
