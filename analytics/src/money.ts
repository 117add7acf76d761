/*
 * Sums of money. They may have more digits than the lake's DECIMAL(18,6); they are added as whole micros in BigInt
 * and written as decimal text (`formatDecimal` of the lake), so that no sum ever passes through a double.
 */
const decimalPattern = /^(-?)(\d+)(?:\.(\d{1,6}))?$/;
const microsPerUnit = 1_000_000n;

/** Micros of a decimal text with at most six fraction digits, or `null` when it is none. */
export function microsOf(text: string): bigint | null {
  const match = decimalPattern.exec(text);
  if (match === null) return null;
  const [, sign = "", whole = "", fraction = ""] = match;
  const micros = BigInt(whole) * microsPerUnit + BigInt(fraction.padEnd(6, "0"));
  return sign === "-" ? -micros : micros;
}

/** `micros / count`, rounded half to even at the sixth digit. `count` must not be 0. */
export function divideMicros(micros: bigint, count: number): bigint {
  return divideHalfEven(micros, BigInt(count));
}

/** Micros of one decimal over another, rounded half to even at the sixth digit. The divisor must not be 0. */
export function divideDecimals(micros: bigint, divisorMicros: bigint): bigint {
  return divideHalfEven(micros * microsPerUnit, divisorMicros);
}

function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  const isNegative = dividend < 0n !== divisor < 0n;
  const [size, by] = [dividend < 0n ? -dividend : dividend, divisor < 0n ? -divisor : divisor];
  const quotient = size / by;
  const twice = (size % by) * 2n;
  const up = twice > by || (twice === by && quotient % 2n === 1n);
  const rounded = up ? quotient + 1n : quotient;
  return isNegative ? -rounded : rounded;
}
