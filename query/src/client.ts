import { operations, type Operation, type QueryApi } from "./api.ts";
import { type Destination, type Fetch, send } from "./shell/send.ts";

/** Where the API is, and what lets the caller ask. */
export interface QueryClientOptions {
  /** Origin of the query API, such as `https://numbers.example`. */
  readonly host: string;
  /** A read token, `slr_…`. */
  readonly token: string;
  /** Milliseconds after which a call gives up, the reading of its answer included; 60,000 when absent. */
  readonly timeoutMs?: number;
  /** Instead of the platform's own. */
  readonly fetch?: Fetch;
}

type Parameters = Readonly<Record<string, string | number | undefined>>;

/**
 * A client of a query API. Its methods are the operations of the API document; each throws a `QueryError` for a refusal.
 *
 * @throws TypeError when `host` is no URL.
 */
export function createQueryClient({ host, token, timeoutMs = 60_000, fetch: own }: QueryClientOptions): QueryApi {
  const destination: Destination = { origin: new URL(host).origin, token, timeoutMs, fetch: own ?? null };
  const methods = Object.entries(operations).map(([name, operation]: readonly [string, Operation]) => {
    const call = operation.hasBody
      ? (body: object, parameters?: Parameters) => send(destination, operation, pathOf(operation, parameters), body)
      : (parameters?: Parameters) => send(destination, operation, pathOf(operation, parameters), null);
    return [name, call] as const;
  });
  // The table and the interface are generated from the same document; the compiler cannot see that.
  return Object.fromEntries(methods) as unknown as QueryApi;
}

/** The path of a call: parameters that the path names go into it, the others into the query. */
function pathOf({ path }: Operation, parameters: Parameters = {}): string {
  const rest = new Map(Object.entries(parameters));
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest.get(name);
    rest.delete(name);
    return encodeURIComponent(String(value ?? ""));
  });
  const search = new URLSearchParams();
  for (const [name, value] of rest) if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? filled : `${filled}?${search}`;
}
