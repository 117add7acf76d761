const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Fills a buffer with random bytes; cryptographic where the platform can. */
export type RandomBytes = (bytes: Uint8Array<ArrayBuffer>) => void;

/**
 * Makes ULIDs (https://github.com/ulid/spec) that strictly grow: within one millisecond, and while the
 * clock stands or goes back, the last id is counted up by one.
 *
 * @returns a function from the current time (ms since 1970) to the next id, 26 characters.
 */
export function createUlid(random: RandomBytes): (nowMs: number) => string {
  const bytes = new Uint8Array(16);
  let lastMs = -1;
  let last = "";
  return (nowMs) => {
    let id = "";
    if (nowMs > lastMs) {
      lastMs = nowMs;
      random(bytes);
      for (let i = 0, rest = nowMs; i < 10; i++, rest = Math.floor(rest / 32)) id = alphabet.charAt(rest % 32) + id;
      for (const byte of bytes) id += alphabet.charAt(byte & 31);
    }
    return (last = id > last ? id : successor(last));
  };
}

/** The next larger ULID: the last digit that can grow does, the digits after it begin anew. */
function successor(ulid: string): string {
  return ulid.replace(
    /([^Z])(Z*)$/,
    (_, digit: string, tail: string) => alphabet.charAt(alphabet.indexOf(digit) + 1) + "0".repeat(tail.length),
  );
}
