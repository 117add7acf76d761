// Bundles what tsc wrote (dist/index.js and the packages it imports, which are ES modules only) to dist/index.cjs, for
// programs that use require(): Node 20 cannot require an ES module in every release.
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

export default {
  input: at("dist/index.js"),
  output: { file: at("dist/index.cjs"), format: "cjs", exports: "named" },
  external: [/^node:/],
  plugins: [nodeResolve()],
};
