import { sentEventOf } from "../src/enrich/sent-event.ts";
import { steps } from "../src/enrich/steps.ts";
import { rowOf } from "../src/row.ts";
import { receiptOf, trackOf } from "./fixtures.ts";

/** The Markdown table of the steps, as it stands in FORMAT.md. */
export function stepsMarkdown(): string {
  const event = sentEventOf(trackOf(), receiptOf(), 0);
  const row = rowOf(trackOf(), receiptOf(), 0);
  const lines = steps.map((step, index) => {
    const columns = Object.keys(step.columns(event, row)).map((name) => `\`${name}\``);
    return `| ${index + 1} | ${step.name} | ${step.about} | ${columns.join(", ")} |`;
  });
  return ["| # | step | what it decides | columns |", "| --- | --- | --- | --- |", ...lines].join("\n");
}
