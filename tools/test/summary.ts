import { readJsonFile } from "../local/state-files.ts";

/** What vitest's JSON report says in sum. */
interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly success: boolean;
}

/** The last line of a test run, and whether the run may count as passed. */
export interface TestSummary {
  readonly line: string;
  readonly isPassed: boolean;
}

/** Sums a report up. A run without a single passed test has proved nothing, and fails. */
export function summaryOf(reportPath: string): TestSummary {
  const report = readJsonFile<VitestReport>(reportPath);
  if (report === null) return { line: "0 passed, 0 failed, 0 skipped (the tests did not run)", isPassed: false };
  const failed = report.numFailedTests;
  const skipped = report.numPendingTests + report.numTodoTests;
  const line = `${report.numPassedTests} passed, ${failed} failed, ${skipped} skipped`;
  return { line, isPassed: report.success && failed === 0 && report.numPassedTests > 0 };
}
