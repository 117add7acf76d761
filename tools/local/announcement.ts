import type { LocalConfig } from "./state-files.ts";

const dayMs = 86_400_000;

/** The request of the printed `curl` that sends one event. */
export function sampleEvent(config: LocalConfig): { url: string; writeKey: string; body: string } {
  const body = JSON.stringify({ event: "Hello Sluice", userId: "you", properties: { from: "curl" } });
  return { url: `${config.ingestUrl}/v1/track`, writeKey: config.writeKey, body };
}

/** The request of the printed `curl` that counts events: today and tomorrow (UTC), so that midnight does not hide one. */
export function sampleQuery(config: LocalConfig, nowMs: number): { url: string; readToken: string } {
  const from = dayText(nowMs);
  const to = dayText(nowMs + 2 * dayMs);
  const query = `metrics=events&from=${from}&to=${to}&interval=day`;
  return { url: `${config.queryUrl}/v1/kpis?${query}`, readToken: config.readToken };
}

/** What `npm start` prints when the pipeline answers. */
export function announcement(config: LocalConfig, snippet: string, nowMs: number, seconds: string): string {
  const event = sampleEvent(config);
  const query = sampleQuery(config, nowMs);
  return `
Sluice is running (started in ${seconds} s). Ctrl-C stops it and keeps its state.

  Ingest      ${config.ingestUrl}
  Write key   ${config.writeKey}
  Query       ${query.url.split("?")[0] ?? ""}
  Dashboard   ${config.dashboardUrl}#token=${config.readToken}
  Demo shop   ${config.shopUrl}

Paste this into a page:

${indent(snippet)}

Send one event:

  curl -sS '${event.url}' -u '${event.writeKey}:' -d '${event.body}'

Count it (within 10 seconds):

  curl -sS '${query.url}' -H 'Authorization: Bearer ${query.readToken}'

A month of demo traffic: npm run demo. Keys and projects: npm run sluice -- help.
`;
}

function indent(text: string): string {
  return text
    .trim()
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
}

function dayText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
