import { inSlice, type Slice } from "../user-fold.ts";

/**
 * A KPI that is folded user by user (or device by device): what it keeps of one, and what it makes of that once
 * everything of the user has been added. Items come in any order, and the answer must not depend on it.
 */
export interface KeyedFold<Item, State, Answer> {
  /** What is held of a user of whom nothing was added yet. */
  start(): State;
  /** Adds an item; returns how many entries the state has grown by. */
  add(state: State, item: Item): number;
  /** Everything of a user has been added: adds it to the answer. */
  end(state: State): void;
  /** The answer, once every user has ended. */
  answer(): Answer;
}

/**
 * One pass over items for the users of one slice. Memory is bounded: a pass that holds more entries than it may is
 * given up, and its slice is passed over again in two halves. Users fall into one slice each, so the answer is the same.
 */
export class UserPass<Item, State> {
  readonly #fold: KeyedFold<Item, State, unknown>;
  readonly #slice: Slice;
  readonly #heldMax: number;
  readonly #states = new Map<string, State>();
  #held = 0;

  constructor(fold: KeyedFold<Item, State, unknown>, slice: Slice, heldMax: number) {
    this.#fold = fold;
    this.#slice = slice;
    this.#heldMax = heldMax;
  }

  /** Whether it holds more than it may. */
  get isOverfull(): boolean {
    return this.#held > this.#heldMax;
  }

  /** Adds an item of a user, if the user is in the slice. */
  add(user: string, item: Item): void {
    let state = this.#states.get(user);
    if (state === undefined) {
      if (!inSlice(user, this.#slice)) return;
      state = this.#fold.start();
      this.#states.set(user, state);
      this.#held += 1;
    }
    this.#held += this.#fold.add(state, item);
  }

  /** Hands every user to the fold. */
  end(): void {
    for (const state of this.#states.values()) this.#fold.end(state);
  }
}

/** The two halves of a slice. */
export function halvesOf({ index, count }: Slice): readonly [Slice, Slice] {
  return [
    { index, count: count * 2 },
    { index: index + count, count: count * 2 },
  ];
}
