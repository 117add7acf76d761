const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ulidPattern = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const segmentPattern = /^(?:ajs|node)-next-(\d{13})-/;
const uuid7Pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/**
 * The instant (ms since 1970) at which a message id says it was made, or `null` when it does not say:
 * ULID (https://github.com/ulid/spec), `ajs-next-<ms>-…` and `node-next-<ms>-…` (Segment), UUIDv7 (RFC 9562).
 * A hint for choosing a bucket, never trusted as event time.
 */
export function birthOfMessageId(messageId: string): number | null {
  if (ulidPattern.test(messageId)) return ulidTime(messageId);
  const segment = segmentPattern.exec(messageId);
  if (segment?.[1] !== undefined) return Number(segment[1]);
  if (uuid7Pattern.test(messageId)) return Number.parseInt(messageId.slice(0, 8) + messageId.slice(9, 13), 16);
  return null;
}

function ulidTime(ulid: string): number {
  let time = 0;
  for (let i = 0; i < 10; i++) time = time * 32 + crockford.indexOf(ulid.charAt(i));
  return time;
}

/** The id of an event that came without one: its receipt and its index in the original request. */
export function serverMessageId(receiptId: string, index: number): string {
  return `${receiptId}-${index}`;
}
