import type { Operation, Problem } from "../api.ts";
import { QueryError } from "../query-error.ts";

/** What performs a request, as the platform's own does. */
export type Fetch = typeof fetch;

/** Where calls go. */
export interface Destination {
  readonly origin: string;
  readonly token: string;
  readonly timeoutMs: number;
  /** `null`: the platform's own, as it is at the time of the call. */
  readonly fetch: Fetch | null;
}

/** Performs one call: the answer's JSON, or the response itself where it is a stream. Throws a `QueryError` otherwise. */
export async function send(
  { origin, token, timeoutMs, fetch: own }: Destination,
  { method, isStream }: Operation,
  path: string,
  body: object | null,
): Promise<unknown> {
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  const init: RequestInit = { method, headers, signal: AbortSignal.timeout(timeoutMs) };
  if (body !== null) {
    headers["content-type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  try {
    const response = await (own ?? fetch)(origin + path, init);
    if (!response.ok) throw new QueryError(await problemOf(response));
    return isStream ? response : ((await response.json()) as unknown);
  } catch (error) {
    if (error instanceof QueryError) throw error;
    throw new QueryError({
      status: 0,
      title: "No answer",
      detail: error instanceof Error ? error.message : String(error),
    });
  }
}

/** What a refusal says; of one that is no problem document (a proxy's, say), its status. */
async function problemOf(response: Response): Promise<Problem> {
  const fallback = {
    type: "about:blank",
    title: "Refused",
    status: response.status,
    detail: `Status ${response.status}.`,
  };
  try {
    const stated = (await response.json()) as Partial<Problem> | null;
    return typeof stated?.detail === "string" ? { ...fallback, ...stated, status: response.status } : fallback;
  } catch {
    return fallback; // not JSON: the status is all there is
  }
}
