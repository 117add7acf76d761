/*
 * @sluice/query: the typed client of a Sluice query API.
 * Called by whoever shows or processes numbers: pages, servers, Workers, scripts.
 * It never stores the token, never retries by itself, and never turns an exact decimal into a double.
 */
export * from "./api.ts";
export { createQueryClient, type QueryClientOptions } from "./client.ts";
export { exportedRows, pagesOf } from "./pages.ts";
export { QueryError } from "./query-error.ts";
