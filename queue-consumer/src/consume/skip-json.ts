/*
 * The grammar of JSON (RFC 8259), over bytes. Every function takes the place at which something begins and returns the place behind
 * it, or `none` where what stands there is no JSON, or more than these functions look into. So what they pass, `JSON.parse` accepts.
 */

/** Nothing that can be read. */
export const none = -1;
/** Values within values that are looked into. */
const depthMax = 32;

export const quote = 0x22;
export const comma = 0x2c;
export const openBracket = 0x5b;
export const closeBracket = 0x5d;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;
const [tab, lineFeed, carriageReturn, space] = [0x09, 0x0a, 0x0d, 0x20];
const [colon, backslash] = [0x3a, 0x5c];
const [plus, minus, dot, zero, nine, letterE, letterU] = [0x2b, 0x2d, 0x2e, 0x30, 0x39, 0x65, 0x75];

/** Bytes at which a text must be looked at more closely: its end, escapes, control characters; and bytes beyond ASCII. */
const stopsText = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < space || byte === quote || byte === backslash ? 1 : 0,
);
const stopsAscii = stopsText.map((stops, byte) => (byte >= 0x80 ? 1 : stops));

/** Reads any value, for nothing but its end. */
export function skipValue(bytes: Uint8Array, at: number, depth = 0): number {
  switch (bytes[at]) {
    case quote:
      return skipText(bytes, at);
    case openBrace:
      return depth === depthMax ? none : skipObject(bytes, at, depth + 1);
    case openBracket:
      return depth === depthMax ? none : skipArray(bytes, at, depth + 1);
    case 0x74:
      return skipWord(bytes, at, "true");
    case 0x66:
      return skipWord(bytes, at, "false");
    case 0x6e:
      return skipWord(bytes, at, "null");
    default:
      return skipNumber(bytes, at);
  }
}

function skipObject(bytes: Uint8Array, start: number, depth: number): number {
  let at = pastSpace(bytes, start + 1);
  if (bytes[at] === closeBrace) return at + 1;
  for (;;) {
    if (bytes[at] !== quote) return none;
    const nameEnd = skipText(bytes, at);
    const value = nameEnd === none ? none : pastColon(bytes, nameEnd);
    const end = value === none ? none : skipValue(bytes, value, depth);
    if (end === none) return none;
    at = pastSpace(bytes, end);
    if (bytes[at] === closeBrace) return at + 1;
    if (bytes[at] !== comma) return none;
    at = pastSpace(bytes, at + 1);
  }
}

function skipArray(bytes: Uint8Array, start: number, depth: number): number {
  let at = pastSpace(bytes, start + 1);
  if (bytes[at] === closeBracket) return at + 1;
  for (;;) {
    const end = skipValue(bytes, at, depth);
    if (end === none) return none;
    at = pastSpace(bytes, end);
    if (bytes[at] === closeBracket) return at + 1;
    if (bytes[at] !== comma) return none;
    at = pastSpace(bytes, at + 1);
  }
}

function skipText(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  for (;;) {
    while (stopsText[bytes[at] ?? quote] === 0) at++;
    if (bytes[at] === quote) return at + 1;
    if (bytes[at] !== backslash) return none; // a control character, or the end of the body
    const escaped = bytes[at + 1] ?? 0;
    if (escaped === letterU) {
      for (let digit = at + 2; digit < at + 6; digit++) if (!isHexDigit(bytes[digit] ?? 0)) return none;
      at += 6;
    } else if (isEscape(escaped)) at += 2;
    else return none;
  }
}

/** The end of a text that holds neither escapes nor anything beyond ASCII. */
export function plainEnd(bytes: Uint8Array, start: number): number {
  if (bytes[start] !== quote) return none;
  let at = start + 1;
  while (stopsAscii[bytes[at] ?? quote] === 0) at++;
  return bytes[at] === quote ? at + 1 : none;
}

/** The characters `"`, `\`, `/`, `b`, `f`, `n`, `r` and `t`. */
function isEscape(byte: number): boolean {
  return byte !== 0 && '"\\/bfnrt'.includes(String.fromCharCode(byte));
}

function isHexDigit(byte: number): boolean {
  const letter = byte | 0x20;
  return (byte >= zero && byte <= nine) || (letter >= 0x61 && letter <= 0x66);
}

function skipWord(bytes: Uint8Array, start: number, word: string): number {
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word.charCodeAt(i)) return none;
  return start + word.length;
}

function skipNumber(bytes: Uint8Array, start: number): number {
  let at = bytes[start] === minus ? start + 1 : start;
  const whole = at;
  at = pastDigits(bytes, at);
  if (at === whole || (bytes[whole] === zero && at > whole + 1)) return none;
  if (bytes[at] === dot) {
    const fraction = at + 1;
    at = pastDigits(bytes, fraction);
    if (at === fraction) return none;
  }
  if (((bytes[at] ?? 0) | 0x20) === letterE) {
    const sign = bytes[at + 1];
    const exponent = sign === plus || sign === minus ? at + 2 : at + 1;
    at = pastDigits(bytes, exponent);
    if (at === exponent) return none;
  }
  return at;
}

function pastDigits(bytes: Uint8Array, start: number): number {
  let at = start;
  while ((bytes[at] ?? 0) >= zero && (bytes[at] ?? 0) <= nine) at++;
  return at;
}

/** Where a field's value begins, from behind its name's closing quote. */
export function pastColon(bytes: Uint8Array, start: number): number {
  const at = pastSpace(bytes, start);
  return bytes[at] === colon ? pastSpace(bytes, at + 1) : none;
}

/** The next place that holds no white space. */
export function pastSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const byte = bytes[at] ?? quote;
    if (byte > space || (byte !== space && byte !== lineFeed && byte !== carriageReturn && byte !== tab)) return at;
    at++;
  }
}
