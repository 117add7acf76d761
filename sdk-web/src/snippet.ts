/** What the snippet needs to know. */
export interface SnippetOptions {
  /** Where the ingest Worker answers; it also serves `/sluice.js`. */
  readonly host: string;
  /** Public write key of the source. */
  readonly writeKey: string;
}

/** Methods that can be called before the script has loaded. */
const queuedMethods = ["track", "identify", "page", "screen", "group", "alias", "reset", "flush"] as const;

/**
 * The `<script>` to paste into the head of a page, at most 600 bytes.
 *
 * It defines `window.sluice`, whose methods queue their calls, loads `{host}/sluice.js` without blocking the page,
 * and records a page view. The script then replaces `window.sluice` and replays the queue in order. Pasted twice
 * it loads once. Host and key are escaped, so that no value can end the script.
 */
export function snippet(options: SnippetOptions): string {
  const host = literal(options.host.replace(/\/+$/, ""));
  const code =
    `!function(w,d,o,q,s){if(w.sluice)return;s=w.sluice={o:o,q:q};` +
    `"${queuedMethods.join(" ")}".split(" ").map(function(m){s[m]=function(){q.push([m,arguments])}});` +
    `s.page();s=d.createElement("script");s.async=1;s.src=o.host+"/sluice.js";d.head.appendChild(s)}` +
    `(window,document,{host:${host},writeKey:${literal(options.writeKey)}},[])`;
  return `<script>${code}</script>`;
}

/** A text as a JavaScript literal that is safe inside a script element. */
function literal(text: string): string {
  return JSON.stringify(text).replace(
    /[<>\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
