import { complete } from "./check-options.ts";
import type { WebOptions } from "./options.ts";

/** What the snippet is made of: the options of the client, and where its script is. */
export interface SnippetOptions extends WebOptions {
  /** Path of the script on `host`; default `/sluice.js`. */
  readonly script?: string;
  /** Subresource integrity of the script, `sha384-…`; for a path whose content never changes. */
  readonly integrity?: string;
  /** Nonce of the page's content security policy, for the snippet and the script that it loads. */
  readonly nonce?: string;
}

/** Methods that can be called before the script has loaded. */
const queuedMethods = "track identify page screen group alias register reset setConsent use on ready flush";

/**
 * The `<script>` to paste into the head of a page, at most 600 bytes.
 *
 * It defines `window.sluice`, whose methods queue their calls, loads the script without blocking the page, and records a
 * page view. The script then replaces `window.sluice` and replays the queue in order. Pasted twice it loads once; where the
 * script is blocked, calls do nothing. Throws a `TypeError` that names an option that cannot be used. Values are escaped,
 * so that none can end the script.
 */
export function snippet({ script = "/sluice.js", integrity, nonce, ...options }: SnippetOptions): string {
  const bad = complete({ ...options });
  if (bad) throw new TypeError(`sluice: bad ${bad}`);
  const attributes = Object.entries({ nonce, integrity, crossOrigin: integrity && "anonymous" });
  const code =
    `!function(w,d,o,q,s){if(w.sluice)return;s=w.sluice={o:o,q:q};` +
    `"${queuedMethods}".split(" ").map(function(m){s[m]=function(){q.push([m,arguments])}});` +
    `s.page();s=d.createElement("script");s.async=1;s.src=o.host+${literal(script)};` +
    attributes.map(([name, value]) => (value === undefined ? "" : `s.${name}=${literal(value)};`)).join("") +
    `d.head.appendChild(s)}(window,document,${literal(options)},[])`;
  return `<script${nonce === undefined ? "" : ` nonce="${nonce.replace(/[^\w+/=-]/g, "")}"`}>${code}</script>`;
}

/** A value as a JavaScript literal that is safe inside a script element. */
function literal(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
