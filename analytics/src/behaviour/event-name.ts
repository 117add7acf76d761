import { pageOf } from "./session.ts";
import type { Step } from "./step.ts";

/** What a question means by an event: a track event by name, a page by its path (else its name), a screen by its name. */
export interface EventName {
  readonly type: "track" | "page" | "screen";
  readonly name: string;
}

/** Whether a step is such an event. */
export function isNamed(step: Step, { type, name }: EventName): boolean {
  return step.type === type && nameOf(step) === name;
}

/** What a step is called in questions and answers. */
export function nameOf(step: Step): string | null {
  return step.type === "page" ? pageOf(step) : step.name;
}
