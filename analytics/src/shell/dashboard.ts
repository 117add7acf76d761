import { Hono } from "hono";
import { dashboardPage } from "../dashboard/page.ts";
import { dashboardScript } from "../dashboard/script.ts";
import { dashboardStyle } from "../dashboard/style.ts";
import type { Env } from "./env.ts";

/** The page that a person sees first: the last 30 days of one project. It holds no data; its script asks the API. */
export const dashboard = new Hono<{ Bindings: Env }>();

dashboard.get("/", async (context) => {
  const headers = {
    "content-security-policy": await contentSecurityPolicy(),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
  };
  return context.html(dashboardPage(context.env.INGEST_URL ?? ""), 200, headers);
});

/** Only the page's own script and style run, and it can talk to its own origin only. */
async function contentSecurityPolicy(): Promise<string> {
  return [
    "default-src 'none'",
    `script-src '${await sourceHash(dashboardScript)}'`,
    `style-src '${await sourceHash(dashboardStyle)}'`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

async function sourceHash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
}
