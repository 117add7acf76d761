import { createHash } from "node:crypto";

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ulidMsMax = 2 ** 48 - 1;

/**
 * The id of an imported event that has none of its own: a ULID (https://github.com/ulid/spec) whose time is the event's and
 * whose other 80 bits are a hash. The same row in the same place has the same id in every run, so that importing a file
 * twice, or a file that has grown, stores nothing twice; and the id says the hour in which the server looks for it.
 *
 * @param namespace tells apart files that hold the same row in the same place and mean two events; "" in most cases.
 */
export function rowId(
  timeMs: number,
  namespace: string,
  row: { readonly number: number; readonly text: string },
): string {
  const hash = createHash("sha256").update(`${namespace}\0${row.number}\0${row.text}`).digest();
  let time = "";
  let rest = Math.min(ulidMsMax, Math.max(0, Math.floor(timeMs)));
  for (let i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = alphabet.charAt(rest % 32) + time;
  return time + Array.from(hash.subarray(0, 16), (byte) => alphabet.charAt(byte & 31)).join("");
}
