/*
 * A reporter that names the tests which passed only when they were tried again, at the end of a run: each of them leans on the
 * speed of the machine somewhere, and is to be mended.
 */
import type { Reporter, TestCase } from "vitest/node";

export default class SecondTry implements Reporter {
  readonly #names: string[] = [];

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky) this.#names.push(`${test.module.relativeModuleId}: ${test.fullName}`);
  }

  onTestRunEnd(): void {
    for (const name of this.#names) console.log(`Passed only when tried again: ${name}`);
  }
}
