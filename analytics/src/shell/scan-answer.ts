import { ok, type Result } from "@sluice/schema";
import type { Problem } from "../problem.ts";
import type { ListedPart } from "../rollup-plan.ts";
import type { Walk } from "../scan-range.ts";
import { etagOf, hasAlready, privateHeaders } from "./answer.ts";
import { scanAnew } from "./lake-scan.ts";
import { type Ask, refuse } from "./reply.ts";

/** Raised when the same question over the same files may be answered otherwise than before. */
const answerVersion = 1;

/**
 * Answers a question from the parts of a range. The entity tag is made of the question and of the parts' versions, so that whoever has
 * the answer is told so (304) without a scan.
 *
 * @param question everything beside the parts that the answer follows from.
 */
export async function answerScan(
  context: Ask,
  walk: Walk,
  question: unknown,
  scan: (parts: readonly ListedPart[]) => Promise<Result<object, Problem>>,
): Promise<Response> {
  const answer = await scanAnew<{ readonly etag: string; readonly body: object | null }>(
    context.env.LAKE,
    walk,
    async (parts) => {
      const versions = parts.map(({ key, etag }) => [key, etag]);
      const etag = await etagOf(JSON.stringify([answerVersion, context.req.path, walk, question, versions]));
      if (hasAlready(context, etag)) return ok({ etag, body: null });
      const body = await scan(parts);
      return body.ok ? ok({ etag, body: body.value }) : body;
    },
  );
  if (!answer.ok) return refuse(context, answer.error);
  const { etag, body } = answer.value;
  const headers = privateHeaders(etag);
  return body === null ? context.body(null, 304, headers) : context.json(body, 200, headers);
}
