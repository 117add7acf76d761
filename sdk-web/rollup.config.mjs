// Bundles what tsc wrote (dist/iife.js) to the one script that pages load, dist/sluice.min.js.
// Works from any folder: `rollup -c sdk-web/rollup.config.mjs` at the root, or `rollup -c` here.
import { nodeResolve } from "@rollup/plugin-node-resolve";
import terser from "@rollup/plugin-terser";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

// Names that live inside the bundle only: no option, no method of window.sluice, no field on the wire or in storage,
// and nothing of the browser's that the bundle uses. Shortening them is what brings the script under 4 KiB.
const internalNames = `
  append backlog batches bytes cancel check clockOffsetMs close count delayMs enqueue events fail flushUrgently
  flying fullness highWaterMs isKnown isOn json kind lastStampMs learn makeDue maxBatchBytes maxInFlight
  maxQueueBytes maxQueueEvents next nowMs offsetForMs offsetMs onClockOffset onRetry pending pump queue random
  receivedMs remove result results retryAfter retryAfterMs send sendAll sendUrgently sentMs serverMs setTimer
  stampMs start stop store stored succeed urgent wait wake
`;

export default {
  input: at("dist/iife.js"),
  output: { file: at("dist/sluice.min.js"), format: "iife", strict: false },
  plugins: [
    nodeResolve(),
    terser({
      ecma: 2022,
      compress: { passes: 2, unsafe_arrows: true },
      mangle: {
        properties: { builtins: true, regex: new RegExp(`^(${internalNames.trim().split(/\s+/).join("|")})$`) },
      },
      format: { comments: false },
    }),
  ],
};
