import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["*/src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Vitest leaves one core to itself: on two cores all files would run one after another.
    maxWorkers: 2,
    // A busy machine of CI may try a test once more, and names it (tools/test/second-try.ts). What a property test has found is
    // found: its inputs are drawn anew each time.
    retry: process.env["CI"] ? { count: 1, condition: /^(?!Property failed)/ } : 0,
    execArgv: ["--disable-warning=ExperimentalWarning"],
  },
});
