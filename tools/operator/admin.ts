import { fail, field, isObject, type Json, type JsonObject, ok, type Result, textField } from "@sluice/schema";

/** Why the admin API did not do what was asked. */
export interface AdminFailure {
  /** HTTP status; 0 when nothing answered. */
  readonly status: number;
  /** One sentence for a person. */
  readonly message: string;
}

/** Calls of the admin API, with the operator token. */
export interface AdminClient {
  call(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    body?: JsonObject,
  ): Promise<Result<JsonObject, AdminFailure>>;
  /** The raw response, for objects of the lake. */
  fetch(path: string): Promise<Response>;
}

const timeoutMs = 90_000;

/** A client of the admin API at `queryUrl` (no trailing slash). */
export function createAdminClient(queryUrl: string, operatorToken: string): AdminClient {
  const headers = { authorization: `Bearer ${operatorToken}` };
  return {
    fetch: (path) => fetch(queryUrl + path, { headers, signal: AbortSignal.timeout(timeoutMs) }),
    async call(method, path, body) {
      let response: Response;
      let text: string;
      try {
        response = await fetch(queryUrl + path, {
          method,
          headers: body === undefined ? headers : { ...headers, "content-type": "application/json" },
          ...(body !== undefined && { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(timeoutMs),
        });
        text = await response.text();
      } catch (error) {
        return fail({ status: 0, message: `${queryUrl} does not answer (${reasonOf(error)}).` });
      }
      const reply = parseObject(text);
      if (response.ok) return ok(reply ?? {});
      return fail({ status: response.status, message: failureMessage(response.status, reply) });
    },
  };
}

/** The list of objects under a name of a reply; empty when it is something else. */
export function listOf(reply: JsonObject, name: string): readonly JsonObject[] {
  const value = field(reply, name);
  return Array.isArray(value) ? (value as readonly Json[]).filter((item): item is JsonObject => isObject(item)) : [];
}

function parseObject(text: string): JsonObject | null {
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) ? value : null;
  } catch {
    return null; // not JSON: the status alone speaks
  }
}

function failureMessage(status: number, reply: JsonObject | null): string {
  const detail = reply === null ? null : (textField(reply, "detail") ?? textField(reply, "title"));
  const parameter = reply === null ? null : textField(reply, "parameter");
  if (detail !== null) return parameter === null ? detail : `${detail} (${parameter})`;
  if (status === 404) return "Not found: is the name right, and the operator token the one of this pipeline?";
  return `The admin API answered with status ${status}.`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause;
  return cause instanceof Error && cause.message !== "" ? cause.message : error.message;
}
