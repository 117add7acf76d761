import { equalInConstantTime } from "@sluice/schema";
import type { Env } from "./env.ts";

const tokenLengthMax = 500;

/** Whether a request carries the operator's token. Never, while none is set. */
export function isOperator(authorization: string | null, env: Env): boolean {
  const token = env.OPERATOR_TOKEN ?? "";
  const given = /^Bearer +(\S+)\s*$/i.exec((authorization ?? "").slice(0, tokenLengthMax))?.[1];
  return token !== "" && given !== undefined && equalInConstantTime(given, token);
}
