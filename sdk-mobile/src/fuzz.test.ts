import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fuzzPhone } from "../testing/fuzz.ts";
import { loadClient, mutants } from "../testing/mutants.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Seeds within which a planted bug must be noticed. */
const seedsMax = 40;

test.each(Array.from({ length: 40 }, (_, i) => i + 1))(
  "SM9: whatever happens to a phone (seed %i), what was called stored arrives, as it was, and leaves the disk",
  async (seed) => {
    expect(await fuzzPhone(seed)).toBeNull();
  },
);

test.each(mutants)("SM48: the phone on which anything may happen notices that $name", async ({ patches }) => {
  const createClient = await loadClient(patches);
  let found: string | null = null;
  for (let seed = 1; seed <= seedsMax && found === null; seed++) found = await fuzzPhone(seed, createClient);
  expect(found).not.toBeNull();
});

test("SM48: a planted bug that no longer fits the source is no bug that was noticed", async () => {
  await expect(loadClient([{ file: "sdk-core/src/sender.ts", find: "no such text", replace: "" }])).rejects.toThrow(
    "stands 0 times",
  );
});
