import { expect, test } from "vitest";
import { compareRates, sampleRatioCheck, upperGamma } from "./proportion-test.ts";

test("A85: intervals are those of Newcombe's paper (1998, table II, method 10)", () => {
  const published = [
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [6, 7, 2, 7, 0.0582, 0.8062],
    [5, 56, 0, 29, -0.0381, 0.1926],
    [0, 10, 0, 20, -0.1611, 0.2775],
    [0, 10, 0, 10, -0.2775, 0.2775],
    [10, 10, 0, 20, 0.6791, 1],
    [10, 10, 0, 10, 0.6075, 1],
  ] as const;
  for (const [variantYes, variantAll, controlYes, controlAll, low, high] of published) {
    const control = { successes: controlYes, trials: controlAll };
    const compared = compareRates(control, { successes: variantYes, trials: variantAll });
    expect([compared.low, compared.high].map((value) => Number(value?.toFixed(4)))).toEqual([low, high]);
  }
});

test("A85: tails of the normal and the chi-square distribution are those of the tables", () => {
  // Two-sided p of z and upper tails of chi-square at their published critical points.
  for (const [z, p] of [
    [1.959963984540054, 0.05],
    [2.575829303548901, 0.01],
    [0.674489750196082, 0.5],
  ] as const) {
    expect(upperGamma(0.5, (z * z) / 2)).toBeCloseTo(p, 12);
  }
  for (const [chiSquare, df, p] of [
    [3.841458820694124, 1, 0.05],
    [5.991464547107979, 2, 0.05],
    [18.307038053275146, 10, 0.05],
    [23.209251158954356, 10, 0.01],
  ] as const) {
    expect(upperGamma(df / 2, chiSquare / 2)).toBeCloseTo(p, 12);
  }
  expect(upperGamma(0.5, 0)).toBe(1);
  // erfc(5) and Q(1, 700) = exp(-700) in the far tail, where 1 - x would be 0.
  expect(upperGamma(0.5, 25) / 1.5374597944280349e-12).toBeCloseTo(1, 11);
  expect(upperGamma(1, 700) / Math.exp(-700)).toBeCloseTo(1, 11);
});

test("A85: the z-test pools the rates, and says nothing where none or all convert or nobody was there", () => {
  const compared = compareRates({ successes: 100, trials: 1000 }, { successes: 130, trials: 1000 });
  expect(compared.z).toBeCloseTo(2.102740605622, 11);
  expect(compared.pValue).toBeCloseTo(0.035488450466, 10);
  expect(compareRates({ successes: 0, trials: 10 }, { successes: 0, trials: 20 })).toMatchObject({
    z: null,
    pValue: null,
  });
  expect(compareRates({ successes: 5, trials: 5 }, { successes: 3, trials: 3 }).pValue).toBeNull();
  expect(compareRates({ successes: 0, trials: 0 }, { successes: 1, trials: 3 }).difference).toBeNull();
});

test("A85: the sample-ratio check is Pearson's chi-square against the expected shares", () => {
  expect(sampleRatioCheck([50, 50], [1, 1])).toEqual({ chiSquare: 0, degreesOfFreedom: 1, pValue: 1 });
  const skewed = sampleRatioCheck([821, 939], [1, 1]);
  expect(skewed?.chiSquare).toBeCloseTo(7.911364, 6);
  expect(skewed?.pValue).toBeCloseTo(0.004914, 5);
  expect(sampleRatioCheck([10, 20, 30], [1, 2, 3])?.chiSquare).toBe(0);
  expect(sampleRatioCheck([7], [1])).toBeNull();
  expect(sampleRatioCheck([0, 0], [1, 1])).toBeNull();
});
