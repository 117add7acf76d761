import { createHash } from "node:crypto";

/*
 * R2, as far as the Workers use it: etags, conditions, checksums, metadata, ranges, listings that may be cut short.
 * `BucketContents` is the store; what it is told happens at once. `bucketOver` makes a binding of it, whose calls
 * take the way that its owner gives them. Held to workerd by ../contract.test.ts.
 */

/** One stored object. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly uploadedMs: number;
  readonly sha256: string | null;
  readonly customMetadata: Readonly<Record<string, string>>;
  readonly httpMetadata: Readonly<Record<string, string>>;
}

/** Conditions of R2, in its own form or as HTTP headers. */
interface Condition {
  readonly etagMatches?: string;
  readonly etagDoesNotMatch?: string;
}

interface PutOptions {
  readonly onlyIf?: Condition | Headers;
  readonly sha256?: string | ArrayBuffer;
  readonly customMetadata?: Record<string, string>;
  readonly httpMetadata?: Record<string, string>;
}

interface GetOptions {
  readonly onlyIf?: Condition | Headers;
  readonly range?: { readonly offset?: number; readonly length?: number; readonly suffix?: number };
}

interface ListOptions {
  readonly prefix?: string;
  readonly cursor?: string;
  readonly limit?: number;
  readonly startAfter?: string;
}

type Content = string | ArrayBuffer | ArrayBufferView;

const listLimit = 1000;

/** What a bucket holds. */
export class BucketContents {
  readonly objects = new Map<string, StoredObject>();
  /** Told of every object that is stored or deleted, before anybody else can see it. */
  onChange: (key: string, now: StoredObject | null) => void = () => undefined;

  /** Stores unless the condition fails; `null` then. Throws where the content is not what its checksum says. */
  put(key: string, content: Content, options: PutOptions, nowMs: number): StoredObject | null {
    if (!conditionHolds(options.onlyIf, this.objects.get(key))) return null;
    const bytes = bytesOf(content);
    const sha256 = digestOf("sha256", bytes);
    const stated = options.sha256 === undefined ? null : hexOf(options.sha256);
    if (stated !== null && stated !== sha256) {
      throw new Error("put: The SHA-256 checksum you specified did not match what we received. (10037)");
    }
    const object: StoredObject = {
      key,
      bytes,
      etag: digestOf("md5", bytes),
      uploadedMs: nowMs,
      sha256: stated,
      customMetadata: { ...options.customMetadata },
      httpMetadata: { ...options.httpMetadata },
    };
    this.objects.set(key, object);
    this.onChange(key, object);
    return object;
  }

  delete(key: string): void {
    if (this.objects.delete(key)) this.onChange(key, null);
  }

  /** Objects in the order of their keys' code units, at most `limit`. */
  list(
    options: ListOptions,
    limit: number,
  ): { readonly objects: readonly StoredObject[]; readonly truncated: boolean } {
    const after = options.cursor ?? options.startAfter ?? "";
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(options.prefix ?? "") && key > after).sort();
    const objects = keys.slice(0, limit).flatMap((key) => this.objects.get(key) ?? []);
    return { objects, truncated: keys.length > limit };
  }
}

/** How a call reaches the bucket: `effect` is run when it arrives. */
export type BucketCall = <Value>(
  verb: "get" | "head" | "put" | "delete" | "list",
  key: string,
  effect: () => Value,
) => Promise<Value>;

/** What differs from world to world. */
export interface BucketWorld {
  readonly nowMs: () => number;
  /** Objects in one page of a listing, which may be cut anywhere. */
  readonly pageSize: () => number;
  /** Whether a conditional PUT that was stored is answered as if its condition had failed: it was sent twice on its way. */
  readonly isFalselyRefused: () => boolean;
}

/** What the Workers use of an R2 binding. */
export function bucketOver(contents: BucketContents, call: BucketCall, world: BucketWorld) {
  return {
    head: (key: string) => call("head", key, () => viewOf(contents.objects.get(key) ?? null)),
    get: (key: string, options: GetOptions = {}) =>
      call("get", key, () => {
        const object = contents.objects.get(key);
        if (object === undefined) return null;
        if (!conditionHolds(options.onlyIf, object)) return viewOf(object);
        return withBody(object, rangeOf(object.bytes, options.range));
      }),
    put: (key: string, content: Content, options: PutOptions = {}) => {
      const bytes = bytesOf(content); // as it is when it is handed over
      return call("put", key, () => {
        const stored = contents.put(key, bytes, options, world.nowMs());
        const isRefused = stored !== null && options.onlyIf !== undefined && world.isFalselyRefused();
        return isRefused ? null : viewOf(stored);
      });
    },
    delete: (keys: string | readonly string[]) => {
      const all = typeof keys === "string" ? [keys] : [...keys];
      return call("delete", all.join(" "), () => {
        for (const key of all) contents.delete(key);
      });
    },
    list: (options: ListOptions = {}) =>
      call("list", options.prefix ?? "", () => {
        const limit = Math.min(options.limit ?? listLimit, world.pageSize());
        const page = contents.list(options, limit);
        const cursor = page.truncated ? { cursor: page.objects.at(-1)?.key ?? "" } : {};
        return {
          objects: page.objects.map((object) => viewOf(object)),
          truncated: page.truncated,
          ...cursor,
          delimitedPrefixes: [],
        };
      }),
  };
}

function viewOf(object: StoredObject): ReturnType<typeof metadataOf>;
function viewOf(object: StoredObject | null): ReturnType<typeof metadataOf> | null;
function viewOf(object: StoredObject | null): ReturnType<typeof metadataOf> | null {
  return object === null ? null : metadataOf(object);
}

function metadataOf(object: StoredObject) {
  return {
    key: object.key,
    version: object.etag,
    size: object.bytes.length,
    etag: object.etag,
    httpEtag: `"${object.etag}"`,
    uploaded: new Date(object.uploadedMs),
    customMetadata: { ...object.customMetadata },
    httpMetadata: { ...object.httpMetadata },
    checksums: {
      toJSON: () => ({ md5: object.etag, ...(object.sha256 === null ? {} : { sha256: object.sha256 }) }),
    },
    storageClass: "Standard",
  };
}

function withBody(object: StoredObject, bytes: Uint8Array) {
  const copy = async (): Promise<ArrayBuffer> => bytes.slice().buffer as ArrayBuffer;
  const text = async (): Promise<string> => new TextDecoder().decode(bytes);
  return {
    ...metadataOf(object),
    body: new Blob([bytes.slice()]).stream(),
    bodyUsed: false,
    arrayBuffer: copy,
    bytes: async () => new Uint8Array(await copy()),
    text,
    json: async () => JSON.parse(await text()) as unknown,
  };
}

function rangeOf(bytes: Uint8Array, range: GetOptions["range"]): Uint8Array {
  if (range === undefined) return bytes;
  if (range.suffix !== undefined) return bytes.subarray(Math.max(0, bytes.length - range.suffix));
  const offset = range.offset ?? 0;
  return bytes.subarray(offset, range.length === undefined ? bytes.length : offset + range.length);
}

function conditionHolds(condition: Condition | Headers | undefined, object: StoredObject | undefined): boolean {
  if (condition === undefined) return true;
  const { matches, differs } =
    condition instanceof Headers
      ? { matches: unquoted(condition.get("if-match")), differs: unquoted(condition.get("if-none-match")) }
      : { matches: condition.etagMatches ?? null, differs: condition.etagDoesNotMatch ?? null };
  if (matches !== null && (object === undefined || (matches !== "*" && matches !== object.etag))) return false;
  return differs === null || object === undefined || (differs !== "*" && differs !== object.etag);
}

function unquoted(etag: string | null): string | null {
  return etag === null ? null : etag.replace(/^"(.*)"$/, "$1");
}

function bytesOf(content: Content): Uint8Array {
  if (typeof content === "string") return new TextEncoder().encode(content);
  if (content instanceof ArrayBuffer) return new Uint8Array(content.slice(0));
  return new Uint8Array(content.buffer, content.byteOffset, content.byteLength).slice();
}

function digestOf(algorithm: "md5" | "sha256", bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest("hex");
}

function hexOf(digest: string | ArrayBuffer): string {
  return typeof digest === "string" ? digest.toLowerCase() : Buffer.from(digest).toString("hex");
}
