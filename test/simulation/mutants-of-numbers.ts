import type { Mutant } from "./mutant-search.ts";

/** Bugs of roll-ups and live numbers. */
export const numberMutants: readonly Mutant[] = [
  {
    name: "live numbers count what is in the roll-ups again",
    patches: [
      {
        file: "analytics/src/live/batch-reach.ts",
        find: "return this.#through.get(keyOf(shard, hourMs)) ?? 0;",
        replace: "return 0 * (this.#through.get(keyOf(shard, hourMs)) ?? 0);",
      },
    ],
  },
  {
    name: "live numbers leave out what is published",
    patches: [
      {
        file: "analytics/src/live/batch-reach.ts",
        find: "if (through > 0) hours.push([hour, through]);",
        replace: "hours.push([hour, Number.MAX_SAFE_INTEGER]);",
      },
    ],
  },
  {
    name: "a roll-up counts one of the day's parts twice",
    patches: [
      {
        file: "analytics/src/shell/day-build.ts",
        find: "for (const { key, etag } of parts) {",
        replace: "for (const { key, etag } of [...parts, ...parts.slice(1, 2)]) {",
      },
    ],
  },
  {
    name: "a day whose parts grew is not rolled up again",
    patches: [
      {
        file: "analytics/src/rollup-plan.ts",
        find: "part.key === built[index]?.key && part.etag === built[index]?.etag)",
        replace: "part.key === built[index]?.key)",
      },
    ],
  },
];
