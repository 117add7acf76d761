/** A refusal as the API states it, RFC 9457 (`application/problem+json`). */
export interface Problem {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 422 | 502 | 503;
  /** Short and always the same for the same kind of problem. */
  readonly title: string;
  /** What is wrong with this request, with the limit in it. Never repeats a secret. */
  readonly detail: string;
  /** The parameter or field that is wrong, if one is. */
  readonly parameter?: string;
}

/** A request with a parameter or field that cannot be used. */
export function invalid(parameter: string, detail: string): Problem {
  return { status: 400, title: "Invalid parameter", detail, parameter };
}

/** What is not there, or not for the caller to see: the two are never told apart. */
export const notFound: Problem = { status: 404, title: "Not found", detail: "There is nothing here." };

/** The body of a problem reply. */
export function problemBody(problem: Problem): Record<string, string | number> {
  const { status, title, detail, parameter } = problem;
  return { type: "about:blank", title, status, detail, ...(parameter === undefined ? {} : { parameter }) };
}
