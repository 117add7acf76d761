const high = 80n;
let last = 0n;

/**
 * A ULID (https://github.com/ulid/spec), larger than all before it: within one millisecond, and while the clock stands or
 * goes back, the last one is counted up.
 */
export function newId(): string {
  const [a = 0n, b = 0n] = crypto.getRandomValues(new BigUint64Array(2));
  const id = (BigInt(Date.now()) << high) | (a << 16n) | (b >> 48n);
  last = id > last ? id : last + 1n;
  // Digits of base 32 are 0-9a-v; those of a ULID leave out I, L, O and U.
  return last
    .toString(32)
    .padStart(26, "0")
    .toUpperCase()
    .replace(/[I-V]/g, (digit) => "JKMNPQRSTVWXYZ".charAt(digit.charCodeAt(0) - 73));
}
