import { expect, test } from "vitest";
import { coldYear } from "../../testing/cold-year.ts";

test("Q121: through steady traffic with late ids, objects in the bucket are as many as ids allow, and an old id asks few filters", () => {
  const [days, idsPerDay, coolIds] = [100, 2000, 2000];
  const { objects, pages, spanning } = coldYear({ days, idsPerDay, coolIds }, [30, 60, days - 1]);
  expect(objects).toBeGreaterThan(10);
  expect(objects).toBeLessThanOrEqual((days * idsPerDay) / coolIds);
  expect(pages).toBeGreaterThan(objects);
  expect(Math.max(...spanning.map(({ mean }) => mean))).toBeGreaterThan(1);
  for (const { most } of spanning) expect(most).toBeLessThanOrEqual(8);
}, 60_000);
