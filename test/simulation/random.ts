/** Numbers of one concern. Each concern has its own stream, so that drawing more for one changes nothing of the others. */
export interface Random {
  /** From 0 to below 1, in steps of 2^-32. */
  next(): number;
  /** A whole number from 0 to below `count`. */
  int(count: number): number;
  /** A whole number from `from` to `to`, both included; the same chance for each. */
  between(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  bytes(length: number): Uint8Array;
}

/** The stream of a concern for a seed: sfc32 (Chris Doty-Humphrey, PractRand), seeded with a hash of both. */
export function randomOf(seed: number, concern: string): Random {
  const next = sfc32(seed >>> 0, hashOf(`a ${concern}`), hashOf(`b ${concern}`));
  const int = (count: number): number => Math.floor(next() * count);
  return {
    next,
    int,
    between: (from, to) => from + int(to - from + 1),
    chance: (probability) => next() < probability,
    pick: (items) => {
      const item = items[int(items.length)];
      if (item === undefined) throw new Error("nothing to pick from");
      return item;
    },
    bytes: (length) => Uint8Array.from({ length }, () => int(256)),
  };
}

function sfc32(seedA: number, seedB: number, seedC: number): () => number {
  let [a, b, c, counter] = [seedA, seedB, seedC, 1];
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 15; i++) next(); // its author's number of rounds until the seed is spread over the whole state
  return next;
}

/** FNV-1a, 32 bits. */
export function hashOf(text: string, start = 0x811c9dc5): number {
  let hash = start;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
