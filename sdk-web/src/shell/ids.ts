let last = 0n;

/**
 * A ULID (https://github.com/ulid/spec) of the time and 64 random bits, larger than all before it: while the clock stands
 * or goes back, the last one is counted up.
 */
export function newId(): string {
  const [random = 0n] = crypto.getRandomValues(new BigUint64Array(1));
  const id = (BigInt(Date.now()) << 80n) | (random << 16n);
  last = id > last ? id : last + 1n;
  // Until the year 3084 the first of the 26 digits is 0. Digits of base 32 are 0-9a-v; a ULID leaves out I, L, O and U.
  const digits = last.toString(32).toUpperCase();
  return `0${digits.replace(/[I-V]/g, (digit) => "JKMNPQRSTVWXYZ".charAt(digit.charCodeAt(0) - 73))}`;
}
