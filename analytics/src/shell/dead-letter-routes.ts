import { field, isObject, type Json } from "@sluice/schema";
import { Hono } from "hono";
import { adminBody } from "../admin-fields.ts";
import { invalid } from "../problem.ts";
import type { Env } from "./env.ts";
import { refuse } from "./reply.ts";
import { sendToConsumer } from "./send-again.ts";

/** Where the consumer keeps messages that it could not take. */
const deadPrefix = "dead/";
/** Dead letters in one page, and in one step of a re-drive: at 128 kB each they fit into memory. */
const pageLetters = 100;

/** Dead letters, for the operator: `GET /v1/admin/dead` lists them, `POST /v1/admin/dead/redrive` sends them again. */
export const deadLetterRoutes = new Hono<{ Bindings: Env }>();

deadLetterRoutes.get("/", async (context) => {
  const after = context.req.query("cursor") ?? "";
  if (after !== "" && !after.startsWith(deadPrefix)) return refuse(context, badCursor);
  const page = await listLetters(context.env, after);
  return context.json({ letters: page.letters, cursor: page.cursor });
});

/**
 * Sends the bytes of a page of dead letters to the consumer as they are, and removes each only after the queue has it; in a crash
 * between the two it is sent twice, which the log recognizes.
 */
deadLetterRoutes.post("/redrive", async (context) => {
  const body = adminBody(await context.req.text());
  if (!body.ok) return refuse(context, body.error);
  const reason = textOrNull(field(body.value, "reason"));
  if (reason === undefined)
    return refuse(context, invalid("reason", "reason must be a text, as dead letters state it."));
  const after = textOrNull(field(body.value, "cursor"));
  if (after === undefined || !(after ?? deadPrefix).startsWith(deadPrefix)) return refuse(context, badCursor);
  const page = await listLetters(context.env, after ?? "");
  const asked = page.letters.filter((letter) => reason === null || letter.reason === reason);
  const sendable = asked.filter((letter) => letter.format === "bytes");
  const messages: Uint8Array[] = [];
  const sent: string[] = [];
  for (const { key } of sendable) {
    const object = await context.env.LAKE.get(key);
    if (object === null) continue; // another re-drive was faster
    messages.push(new Uint8Array(await object.arrayBuffer()));
    sent.push(key);
  }
  await sendToConsumer(context.env, messages);
  if (sent.length > 0) await context.env.LAKE.delete(sent);
  const left = asked.length - sendable.length;
  return context.json({ redriven: sent.length, notRedrivable: left, cursor: page.cursor });
});

const badCursor = invalid("cursor", "cursor must be one of an earlier answer.");

interface Letter {
  readonly key: string;
  readonly size: number;
  readonly reason: string;
  /** `bytes`, or `json` for what was no message of the edge and cannot be sent again. */
  readonly format: string;
  readonly attempts: number;
  /** When the queue took it, ISO 8601. */
  readonly sent: string;
}

async function listLetters(env: Env, after: string): Promise<{ letters: readonly Letter[]; cursor: string | null }> {
  const page = await env.LAKE.list({
    prefix: deadPrefix,
    limit: pageLetters,
    include: ["customMetadata"],
    ...(after === "" ? {} : { startAfter: after }),
  });
  const letters = page.objects.map(({ key, size, customMetadata }): Letter => {
    const metadata = new Map(Object.entries(customMetadata ?? {}));
    return {
      key,
      size,
      reason: metadata.get("reason") ?? "unknown",
      format: metadata.get("format") ?? "bytes",
      attempts: Number(metadata.get("attempts") ?? 0),
      sent: metadata.get("sent") ?? "",
    };
  });
  return { letters, cursor: page.truncated ? (letters.at(-1)?.key ?? null) : null };
}

/** A text; `null` when absent, `undefined` when it is something else. */
function textOrNull(value: Json | undefined): string | null | undefined {
  if (value === undefined || value === null) return null;
  return typeof value === "string" && !isObject(value) ? value : undefined;
}
