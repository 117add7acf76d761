import type { Problem } from "./api.ts";

/** Thrown when the API refuses a question, or when no answer came. */
export class QueryError extends Error {
  override readonly name = "QueryError";
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** Short, and the same for the same kind of problem. */
  readonly title: string;
  /** What is wrong with this request, with the limit in it. */
  readonly detail: string;
  /** The parameter or field that is wrong, if one is. */
  readonly parameter: string | null;

  constructor({ status, title, detail, parameter }: Pick<Problem, "status" | "title" | "detail" | "parameter">) {
    super(`${title}: ${detail}`);
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.parameter = parameter ?? null;
  }
}
