// Builds dist/: `npm run build`, with SLUICE_HOST and SLUICE_WRITE_KEY of your edge. With Vite, its Vue plugin does the same.
import { build } from "esbuild";
import { copyFile, readFile } from "node:fs/promises";
import { compileScript, parse } from "vue/compiler-sfc";

const { SLUICE_HOST = "http://127.0.0.1:8787", SLUICE_WRITE_KEY = "PASTE.YOUR.WRITE.KEY" } = process.env;

const singleFileComponents = {
  name: "vue",
  setup({ onLoad }) {
    onLoad({ filter: /\.vue$/ }, async ({ path }) => {
      const { descriptor } = parse(await readFile(path, "utf8"), { filename: path });
      const { content } = compileScript(descriptor, { id: path, inlineTemplate: true });
      return { contents: content, loader: "ts" };
    });
  },
};

await build({
  entryPoints: ["src/main.ts"],
  outfile: "dist/main.js",
  bundle: true,
  minify: true,
  plugins: [singleFileComponents],
  define: {
    "process.env.NODE_ENV": '"production"',
    __VUE_OPTIONS_API__: "false",
    __VUE_PROD_DEVTOOLS__: "false",
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
    SLUICE_HOST: JSON.stringify(SLUICE_HOST),
    SLUICE_WRITE_KEY: JSON.stringify(SLUICE_WRITE_KEY),
  },
});
await copyFile("index.html", "dist/index.html");
