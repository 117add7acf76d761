import { md5Hex } from "./secrets.ts";
import type { ListedPart } from "../rollup-plan.ts";

/** What the roll-up needs of the lake's bucket. */
export type LakeBucket = Pick<R2Bucket, "get" | "head" | "list" | "put" | "delete">;

/** Every object under a prefix. A listing may be cut anywhere, so `truncated` alone says whether it ended. */
export async function listAll(bucket: LakeBucket, prefix: string): Promise<ListedPart[]> {
  const objects: ListedPart[] = [];
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ prefix, ...(cursor === undefined ? {} : { cursor }) });
    for (const { key, etag, size } of page.objects) objects.push({ key, etag, size });
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return objects;
}

/** The bytes of one version of an object; `null` when that version is gone. */
export async function getPinned(
  bucket: Pick<LakeBucket, "get">,
  key: string,
  etag: string,
): Promise<ArrayBuffer | null> {
  const object = await bucket.get(key, { onlyIf: { etagMatches: etag } });
  return object !== null && "body" in object ? object.arrayBuffer() : null;
}

/** Stores an object unless it has these bytes already; returns its etag. Throws when somebody else writes it too. */
export async function putIfChanged(bucket: LakeBucket, key: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const etag = await md5Hex(bytes);
  const existing = await bucket.head(key);
  if (existing?.etag === etag) return etag;
  const onlyIf = existing === null ? new Headers({ "If-None-Match": "*" }) : { etagMatches: existing.etag };
  const stored = await bucket.put(key, bytes, { onlyIf });
  if (stored === null) throw new Error("a mart was written by somebody else");
  return stored.etag;
}
