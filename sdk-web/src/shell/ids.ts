const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

let lastMs = 0;

/**
 * A ULID (https://github.com/ulid/spec), larger than all before it. No two have the same time: within one millisecond, and
 * while the clock stands or goes back, the time is counted up, so that a burst of a thousand ends a second ahead.
 */
export function newId(): string {
  let rest = (lastMs = Math.max(lastMs + 1, Date.now()));
  let id = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) id += digits[byte & 31];
  for (let place = 10; place--; rest /= 32) id = digits.charAt(rest % 32) + id;
  return id;
}
