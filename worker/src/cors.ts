/*
 * Headers that every reply carries: CORS (https://fetch.spec.whatwg.org/#http-cors-protocol) for every origin, since keys in
 * pages are public, and the one cookie that is read here (identity-cookie.ts) is only for pages of the same origin. Not the middleware of the router: it makes a response before the handler does,
 * and copying the one into the other costs a tenth of a request.
 */

/** How long a browser may remember a preflight, s. More than two hours Chromium does not. */
const preflightAgeSeconds = 7200;

/** A header, as the constructor of `Headers` takes it. */
export type Header = [name: string, value: string];

/** What goes on every reply, whoever asks. */
export const commonHeaders: Header[] = [
  ["Access-Control-Expose-Headers", "Retry-After,X-RateLimit-Reset"],
  ["Vary", "Origin"],
  ["X-Content-Type-Options", "nosniff"],
];

/** What a reply does not carry yet of what every reply carries. Without an origin there is none to name. */
export function missingHeaders(reply: Headers, origin: string | null): readonly Header[] {
  const common = reply.has("Access-Control-Expose-Headers") ? [] : commonHeaders;
  return origin === null || origin === "" ? common : [["Access-Control-Allow-Origin", origin], ...common];
}

/** What goes on the answer to a preflight besides: every header that is asked for is allowed. */
export function preflightHeaders(asked: string | null): readonly Header[] {
  return [
    ["Access-Control-Allow-Methods", "GET,POST,OPTIONS"],
    ["Access-Control-Max-Age", String(preflightAgeSeconds)],
    ["Vary", "Access-Control-Request-Headers"],
    ...(asked === null || asked === "" ? [] : [["Access-Control-Allow-Headers", asked] satisfies Header]),
  ];
}
