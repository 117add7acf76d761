import { equalInConstantTime } from "@sluice/schema";

/** Messages this isolate has acknowledged, and those it works on; read by the local drain. */
export interface Counters {
  messagesSettled: number;
  messagesInFlight: number;
}

/** `GET /v1/internal/counters` for the operator; everything else, and everybody else, gets 404. */
export function answerInternal(request: Request, operatorToken: string | undefined, counters: Counters): Response {
  const isCounters = request.method === "GET" && new URL(request.url).pathname === "/v1/internal/counters";
  if (!isCounters || !isOperator(request, operatorToken)) return new Response("Not found\n", { status: 404 });
  return Response.json(counters, { headers: { "cache-control": "no-store" } });
}

function isOperator(request: Request, operatorToken: string | undefined): boolean {
  if (operatorToken === undefined || operatorToken === "") return false;
  return equalInConstantTime(request.headers.get("authorization") ?? "", `Bearer ${operatorToken}`);
}
