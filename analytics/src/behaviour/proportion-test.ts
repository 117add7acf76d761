/*
 * Statistics of experiments. Probabilities come from the regularized incomplete gamma function, of which both the normal
 * and the chi-square tail are cases; it is computed by its power series or its continued fraction (NIST DLMF 8.7.1 and
 * 8.9.2) to about 14 digits.
 */

/** How many of how many. */
export interface Proportion {
  readonly successes: number;
  readonly trials: number;
}

/** The 97.5 % point of the normal distribution. */
const z95 = 1.959963984540054;

/** A difference of two rates, and what is known of it. Values are `null` where a group is empty. */
export interface RateDifference {
  /** Rate of the variant minus rate of the control. */
  readonly difference: number | null;
  /** 95 % interval of it: Newcombe's hybrid score interval without continuity correction (method 10 of 1998). */
  readonly low: number | null;
  readonly high: number | null;
  /** z of the two-proportion test with the pooled rate; `null` too where all or none convert. */
  readonly z: number | null;
  /** Its two-sided p-value. */
  readonly pValue: number | null;
}

/** Compares the rate of a variant with that of the control. */
export function compareRates(control: Proportion, variant: Proportion): RateDifference {
  if (control.trials === 0 || variant.trials === 0) {
    return { difference: null, low: null, high: null, z: null, pValue: null };
  }
  const controlRate = control.successes / control.trials;
  const variantRate = variant.successes / variant.trials;
  const difference = variantRate - controlRate;
  const [controlLow, controlHigh] = wilson(control);
  const [variantLow, variantHigh] = wilson(variant);
  const low = difference - Math.hypot(variantRate - variantLow, controlHigh - controlRate);
  const high = difference + Math.hypot(variantHigh - variantRate, controlRate - controlLow);
  const pooled = (control.successes + variant.successes) / (control.trials + variant.trials);
  const variance = pooled * (1 - pooled) * (1 / control.trials + 1 / variant.trials);
  const z = variance === 0 ? null : difference / Math.sqrt(variance);
  return { difference, low, high, z, pValue: z === null ? null : upperGamma(0.5, (z * z) / 2) };
}

/** Pearson's chi-square test of counts against expected weights. */
export interface RatioCheck {
  readonly chiSquare: number;
  readonly degreesOfFreedom: number;
  readonly pValue: number;
}

/** Whether users fell into variants as they should have; `null` with fewer than two variants or without users. */
export function sampleRatioCheck(counts: readonly number[], weights: readonly number[]): RatioCheck | null {
  const total = sum(counts);
  const weight = sum(weights);
  if (counts.length < 2 || total === 0) return null;
  const chiSquare = sum(
    counts.map((count, index) => {
      const expected = (total * (weights[index] ?? 0)) / weight;
      return (count - expected) ** 2 / expected;
    }),
  );
  const degreesOfFreedom = counts.length - 1;
  return { chiSquare, degreesOfFreedom, pValue: upperGamma(degreesOfFreedom / 2, chiSquare / 2) };
}

/** Wilson's score interval of a rate at 95 %. */
function wilson({ successes, trials }: Proportion): readonly [number, number] {
  const square = z95 * z95;
  const centre = 2 * successes + square;
  const spread = z95 * Math.sqrt(square + (4 * successes * (trials - successes)) / trials);
  const scale = 2 * (trials + square);
  // At the ends rounding would leave a hair of an interval that is exactly 0 or 1 wide there.
  const low = successes === 0 ? 0 : (centre - spread) / scale;
  const high = successes === trials ? 1 : (centre + spread) / scale;
  return [low, high];
}

const termsMax = 10_000;
const precision = 1e-16;

/** The upper regularized incomplete gamma function Q(a, x) for a = 1/2, 1, 3/2, … and x ≥ 0. */
export function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  return x < a + 1 ? 1 - scale * lowerSeries(a, x) : scale * upperFraction(a, x);
}

function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let total = term;
  for (let n = 1; n < termsMax && term > total * precision; n++) {
    term *= x / (a + n);
    total += term;
  }
  return total;
}

/** Lentz's evaluation of the continued fraction. */
function upperFraction(a: number, x: number): number {
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let value = d;
  for (let n = 1; n < termsMax; n++) {
    const numerator = -n * (n - a);
    b += 2;
    d = 1 / (numerator * d + b || tiny);
    c = b + numerator / c || tiny;
    const step = d * c;
    value *= step;
    if (Math.abs(step - 1) < precision) break;
  }
  return value;
}

/** ln Γ(a) of a multiple of 1/2, by Γ(a) = (a − 1) Γ(a − 1). */
function logGamma(a: number): number {
  let value = a % 1 === 0 ? 0 : Math.log(Math.PI) / 2;
  for (let factor = a % 1 === 0 ? 1 : 0.5; factor < a; factor++) value += Math.log(factor);
  return value;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
