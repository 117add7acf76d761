/** A stream of random draws that depends on nothing but its seed text. */
export interface Random {
  /** An unsigned 32-bit word. */
  word(): number;
  /** A number in [0, 1). */
  next(): number;
}

/**
 * sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, so that tens of thousands of streams, one per
 * user and day, do not meet. Only integer arithmetic is used: the same draws on every machine.
 */
export function randomOf(seedText: string): Random {
  let [a, b, c, counter] = seedWords(seedText);
  function word(): number {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    c |= 0;
    return result >>> 0;
  }
  for (let round = 0; round < 15; round++) word();
  return { word, next: () => word() / 4_294_967_296 };
}

/** Four words from a text: one multiplicative hash per word, each with its own odd multiplier and final mix. */
function seedWords(text: string): [number, number, number, number] {
  const words: [number, number, number, number] = [0x243f6a88, 0x13198a2e, 0x03707344, 0x082efa98];
  const multipliers = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f] as const;
  for (let i = 0; i < text.length; i++) {
    for (let lane = 0; lane < 4; lane++) {
      words[lane] = Math.imul((words[lane] ?? 0) ^ text.charCodeAt(i), multipliers[lane] ?? 1);
      words[lane] = ((words[lane] ?? 0) ^ ((words[lane] ?? 0) >>> 15)) | 0;
    }
  }
  return words;
}

/** A whole number from `least` to `most`, both included. */
export function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random.next() * (most - least + 1));
}

/** True with the given probability. */
export function chance(random: Random, probability: number): boolean {
  return random.next() < probability;
}

/** One of the values, all equally likely. */
export function pick<Value>(random: Random, values: readonly [Value, ...Value[]]): Value {
  return values[Math.floor(random.next() * values.length)] ?? values[0];
}

/** An index, each with a probability proportional to its weight. */
export function weightedIndex(random: Random, weights: readonly number[]): number {
  let left = random.next() * weights.reduce((sum, weight) => sum + weight, 0);
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i] ?? 0;
    if (left < 0) return i;
  }
  return weights.length - 1;
}

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A ULID (https://github.com/ulid/spec) born at `ms`, its 80 random bits drawn from the stream. */
export function ulidAt(random: Random, ms: number): string {
  let time = "";
  for (let rest = ms, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = crockford.charAt(rest % 32) + time;
  let tail = "";
  while (tail.length < 16) {
    for (let word = random.word(), i = 0; i < 4; i++, word >>>= 5) tail += crockford.charAt(word & 31);
  }
  return time + tail;
}

/** A text of the form of a random UUID (version 4), drawn from the stream. */
export function uuidFrom(random: Random): string {
  const hex = [0, 1, 2, 3].map(() => random.word().toString(16).padStart(8, "0")).join("");
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  const groups = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20),
  ];
  return groups.join("-");
}
