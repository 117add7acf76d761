/*
 * Requests to the edge, for its tests.
 */
import type { IngestReply, Json } from "@sluice/schema";
import type { EdgeHarness } from "./edge-harness.ts";
import { writeKey } from "./write-keys.ts";

/** An event that is good. */
export const page = { type: "page", userId: "u1", messageId: "m-1" };

/** The Authorization header that carries a write key. */
export const basic = (key: string): string => `Basic ${btoa(`${key}:`)}`;

/** A body of these events. */
export const batchOf = (...batch: readonly Json[]): string => JSON.stringify({ batch });

/** What a request may change. */
export interface Sending {
  readonly path?: string;
  readonly headers?: Record<string, string>;
}

/** Sends a body to /v1/batch with a good public key in its header, unless told otherwise. */
export type Post = (body: string | Uint8Array, sending?: Sending) => Promise<Response>;

/** @param edgeOf the edge, once it is started. */
export function poster(edgeOf: () => EdgeHarness): Post {
  return (body, { path = "/v1/batch", headers = {} } = {}) => {
    const authorization = basic(writeKey());
    const init = { method: "POST", body: body as BodyInit, headers: { authorization, ...headers } };
    return edgeOf().fetch(path, init);
  };
}

/** Status and code of a refusal. */
export async function codeOf(reply: Response): Promise<readonly [status: number, code: string]> {
  return [reply.status, ((await reply.json()) as { readonly code: string }).code];
}

/** Number of accepted events of a reply, which must be 200. */
export async function acceptedOf(reply: Response): Promise<number> {
  const text = await reply.text();
  if (reply.status !== 200) throw new Error(`${reply.status} ${text}`);
  return (JSON.parse(text) as IngestReply).accepted;
}
