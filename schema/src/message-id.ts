const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** Value of each ASCII character in a ULID; −1 where it is none. */
const ulidDigits = Int8Array.from({ length: 128 }, (_, code) => crockford.indexOf(String.fromCharCode(code)));
const ulidLength = 26;
const ulidTimeLength = 10;
const segmentPattern = /^(?:ajs|node)-next-(\d{13})-/;
const uuid7Pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/**
 * The instant (ms since 1970) at which a message id says it was made, or `null` when it does not say:
 * ULID (https://github.com/ulid/spec), `ajs-next-<ms>-…` and `node-next-<ms>-…` (Segment), UUIDv7 (RFC 9562).
 * A hint for choosing a bucket, never trusted as event time.
 */
export function birthOfMessageId(messageId: string): number | null {
  const ulidMs = ulidTime(messageId);
  if (ulidMs !== null) return ulidMs;
  const segment = segmentPattern.exec(messageId);
  if (segment?.[1] !== undefined) return Number(segment[1]);
  if (uuid7Pattern.test(messageId)) return Number.parseInt(messageId.slice(0, 8) + messageId.slice(9, 13), 16);
  return null;
}

/** Written out by hand because it runs for every event: a regular expression costs twice as much. */
function ulidTime(text: string): number | null {
  if (text.length !== ulidLength) return null;
  let time = 0;
  for (let i = 0; i < ulidLength; i++) {
    const digit = ulidDigits[text.charCodeAt(i)] ?? -1;
    if (digit < 0 || (i === 0 && digit > 7)) return null; // 26 characters of 5 bits are two more than a ULID has
    if (i < ulidTimeLength) time = time * 32 + digit;
  }
  return time;
}

/** The id of an event that came without one: its receipt and its index in the original request. */
export function serverMessageId(receiptId: string, index: number): string {
  return `${receiptId}-${index}`;
}
