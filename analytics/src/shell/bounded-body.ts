import type { JsonObject, Result } from "@sluice/schema";
import { adminBody, adminBodyBytesMax } from "../admin-fields.ts";
import type { Problem } from "../problem.ts";
import type { Ask } from "./reply.ts";

/** The JSON object of a question's body; reading stops where it is too large, whatever length it states. */
export async function questionBody(
  context: Ask,
  bytesMax: number = adminBodyBytesMax,
): Promise<Result<JsonObject, Problem>> {
  const reader = context.req.raw.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const chunk = await reader?.read();
    if (chunk === undefined || chunk.done) return adminBody(text + decoder.decode(), bytesMax);
    text += decoder.decode(chunk.value as Uint8Array, { stream: true });
    if (text.length > bytesMax) {
      await reader?.cancel();
      return adminBody(text, bytesMax);
    }
  }
}
