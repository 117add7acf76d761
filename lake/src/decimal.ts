/*
 * Decimals of the lake: DECIMAL(18,6), as text in rows, as integer millionths in files. Never a double.
 */

/** Fraction digits of every decimal column. */
export const decimalScale = 6;
/** Digits in all. */
export const decimalPrecision = 18;

/** Millionths from which on a value does not fit: 10¹². */
const scaledLimit = 10n ** BigInt(decimalPrecision);
const numberPattern = /^(-?)(\d{1,60})(?:\.(\d{1,60}))?(?:e([+-]?\d{1,3}))?$/i;
const decimalPattern = /^-?\d{1,12}(?:\.\d{1,6})?$/;

/**
 * Reads the text of a number (`"14.99"`, `"1e3"`, `"-0.5"`) as a decimal with six fraction digits. More
 * digits are rounded half to even. `null` when it is no such text or its absolute value is 10¹² or more.
 */
export function parseDecimal(text: string): string | null {
  const match = text.length <= 130 ? numberPattern.exec(text) : null;
  if (match === null) return null;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const shift = Number(exponent) - fraction.length + decimalScale;
  const digits = BigInt(whole + fraction);
  const magnitude = shift >= 0 ? digits * 10n ** BigInt(shift) : divideHalfEven(digits, 10n ** BigInt(-shift));
  if (magnitude >= scaledLimit) return null;
  return formatDecimal(sign === "-" ? -magnitude : magnitude);
}

/** A count of millionths as decimal text: `14_990_000n` is `"14.990000"`. */
export function formatDecimal(scaled: bigint): string {
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(decimalScale + 1, "0");
  const point = digits.length - decimalScale;
  return `${scaled < 0n ? "-" : ""}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** The millionths of a decimal text with at most six fraction digits. Throws on any other text. */
export function scaledOf(decimal: string): bigint {
  if (!decimalPattern.test(decimal)) throw new Error("not a decimal of at most 12 and 6 digits");
  const [whole = "", fraction = ""] = decimal.split(".");
  return BigInt(whole + fraction.padEnd(decimalScale, "0"));
}

function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const twice = (dividend % divisor) * 2n;
  const up = twice > divisor || (twice === divisor && quotient % 2n === 1n);
  return up ? quotient + 1n : quotient;
}
