import type { Slice } from "../user-fold.ts";
import { type Budget, BudgetSpent } from "./budget.ts";
import { halvesOf, type KeyedFold, UserPass } from "./user-pass.ts";

/**
 * Folds items user by user in as many passes as memory needs; yields after each slice of users.
 *
 * @param items makes a pass over all items.
 */
export async function* foldSlices<Item, State>(
  budget: Budget,
  fold: KeyedFold<Item, State, unknown>,
  items: () => AsyncGenerator<readonly Item[]>,
  keyOf: (item: Item) => string | null,
): AsyncGenerator<Slice> {
  const pending: Slice[] = [{ index: 0, count: 1 }];
  for (let slice = pending.pop(); slice !== undefined; slice = pending.pop()) {
    const pass = new UserPass(fold, slice, budget.limits.heldMax);
    for await (const some of items()) {
      for (const item of some) {
        const key = keyOf(item);
        if (key !== null) pass.add(key, item);
      }
      if (pass.isOverfull) break;
    }
    if (!pass.isOverfull) {
      pass.end();
      yield slice;
    } else if (slice.count < budget.limits.slicesMax) {
      pending.push(...halvesOf(slice));
    } else {
      throw new BudgetSpent("more events of few users than fit in memory");
    }
  }
}
