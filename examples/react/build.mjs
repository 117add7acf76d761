// Builds dist/: `npm run build`, with SLUICE_HOST and SLUICE_WRITE_KEY of your edge. Any other bundler does as well.
import { build } from "esbuild";
import { copyFile } from "node:fs/promises";

const { SLUICE_HOST = "http://127.0.0.1:8787", SLUICE_WRITE_KEY = "PASTE.YOUR.WRITE.KEY" } = process.env;

await build({
  entryPoints: ["src/main.tsx"],
  outfile: "dist/main.js",
  bundle: true,
  minify: true,
  jsx: "automatic",
  define: {
    "process.env.NODE_ENV": '"production"',
    SLUICE_HOST: JSON.stringify(SLUICE_HOST),
    SLUICE_WRITE_KEY: JSON.stringify(SLUICE_WRITE_KEY),
  },
});
await copyFile("index.html", "dist/index.html");
