// Bundles what tsc wrote (dist/iife.js) to the one script that pages load, dist/sluice.min.js.
// Works from any folder: `rollup -c sdk-web/rollup.config.mjs` at the root, or `rollup -c` here.
import { nodeResolve } from "@rollup/plugin-node-resolve";
import terser from "@rollup/plugin-terser";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { renamable } from "./bundle/names.mjs";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

export default {
  input: at("dist/iife.js"),
  output: { file: at("dist/sluice.min.js"), format: "es" },
  plugins: [
    nodeResolve(),
    // One keyword instead of two compresses better.
    { name: "let", renderChunk: (code) => code.replace(/^(\s*(?:for \()?)const\b/gm, "$1let") },
    terser({
      module: true,
      ecma: 2022,
      compress: {
        passes: 4,
        conditionals: false,
        hoist_funs: true,
        unsafe_methods: true,
        unsafe_arrows: true,
        unsafe: true,
        pure_getters: true,
        hoist_props: true,
      },
      format: { comments: false },
    }),
    { name: "wrap", renderChunk: (code) => `(()=>{${code.trim().replace(/;$/, "")}})()` },
    {
      name: "names",
      renderChunk(code) {
        const names = JSON.parse(readFileSync(at("bundle/names.json"), "utf8")).split(" ");
        const script = renamable(code);
        if (script.fits(names)) return script.withNames(names);
        this.warn("names.json is of another script: run node sdk-web/bundle/choose-names.mjs");
        return code;
      },
    },
  ],
};
