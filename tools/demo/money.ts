/** Millionths of a unit of money in an exact decimal text of at most six fraction digits. Throws on anything else. */
export function microsOf(decimal: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(decimal);
  if (match === null) throw new Error(`"${decimal}" is not a decimal with at most six fraction digits`);
  const [, sign = "", whole = "", fraction = ""] = match;
  const micros = BigInt(whole + fraction.padEnd(6, "0"));
  return sign === "-" ? -micros : micros;
}

/** The decimal text of millionths, always with six fraction digits, as the query API writes money. */
export function decimalOfMicros(micros: bigint): string {
  const digits = (micros < 0n ? -micros : micros).toString().padStart(7, "0");
  return `${micros < 0n ? "-" : ""}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

/** Adds to one currency of a sum. */
export function addMicros(sums: Map<string, bigint>, currency: string, micros: bigint): void {
  sums.set(currency, (sums.get(currency) ?? 0n) + micros);
}

/** Money for people: two fraction digits, halves away from zero. */
export function priceText(micros: bigint, currency: string): string {
  const magnitude = micros < 0n ? -micros : micros;
  const cents = (magnitude + 5_000n) / 10_000n;
  const digits = cents.toString().padStart(3, "0");
  return `${micros < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)} ${currency}`;
}
