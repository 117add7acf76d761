import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fail, field, ok, type Result } from "@sluice/schema";
import { readJsonFile } from "../local/state-files.ts";
import { type AdminClient, listOf } from "../operator/admin.ts";
import { segmentsOfKey } from "./object-path.ts";

/** An object as the lake lists it. */
export interface LakeObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
}

/** What a pull did. */
export interface PullReport {
  readonly objects: number;
  readonly copied: number;
  readonly copiedBytes: number;
  readonly unchanged: number;
  readonly removed: number;
}

/** File in the pulled folder that says which etag each file holds. Only files it names are ever removed. */
const manifestName = ".sluice-lake.json";

const copiesAtOnce = 6;

/**
 * Makes `folder` a copy of the objects under `prefix`: copies what is new or changed, skips what holds the same
 * etag, removes files whose object is gone. Interrupted and run again, it goes on where it was.
 */
export async function pullLake(
  admin: AdminClient,
  folder: string,
  prefix: string,
  onProgress: (done: number, total: number) => void,
): Promise<Result<PullReport, string>> {
  const listed = await listObjects(admin, prefix);
  if (!listed.ok) return listed;
  const root = resolve(folder);
  const manifest = readManifest(root);
  const kept = new Map([...manifest].filter(([key]) => !key.startsWith(prefix)));
  const changed: LakeObject[] = [];
  for (const object of listed.value) {
    const path = pathOf(root, object.key);
    if (path === null) return fail(`The lake names an object that cannot become a file: ${JSON.stringify(object.key)}`);
    if (manifest.get(object.key) === object.etag && isFileOfSize(path, object.size)) kept.set(object.key, object.etag);
    else changed.push(object);
  }
  const unchanged = listed.value.length - changed.length;
  const copied = await copyAll(admin, root, changed, kept, (done) => onProgress(unchanged + done, listed.value.length));
  // What was removed is forgotten only after it is gone; what was copied is kept, whatever happened to the rest.
  const gone = [...manifest.keys()].filter((key) => !kept.has(key) && key.startsWith(prefix));
  const removed = copied.ok ? gone.filter((key) => removeFile(root, key)).length : 0;
  writeManifest(root, copied.ok ? kept : new Map([...manifest, ...kept]));
  if (!copied.ok) return copied;
  return ok({ objects: listed.value.length, ...copied.value, unchanged, removed });
}

/** All objects under a prefix, page by page. */
export async function listObjects(admin: AdminClient, prefix: string): Promise<Result<readonly LakeObject[], string>> {
  const objects: LakeObject[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ prefix, ...(cursor !== null && { cursor }) });
    const reply = await admin.call("GET", `/v1/admin/lake?${query}`);
    if (!reply.ok) return fail(reply.error.message);
    for (const entry of listOf(reply.value, "objects")) {
      const key = field(entry, "key");
      const size = field(entry, "size");
      const etag = field(entry, "etag");
      if (typeof key !== "string" || typeof size !== "number" || typeof etag !== "string") {
        return fail("The admin API answered with a list that is none.");
      }
      objects.push({ key, size, etag });
    }
    const next = field(reply.value, "cursor");
    cursor = typeof next === "string" && next !== "" ? next : null;
  } while (cursor !== null);
  return ok(objects);
}

async function copyAll(
  admin: AdminClient,
  root: string,
  objects: readonly LakeObject[],
  kept: Map<string, string>,
  onDone: (done: number) => void,
): Promise<Result<Pick<PullReport, "copied" | "copiedBytes">, string>> {
  const waiting = [...objects];
  const total = { copied: 0, copiedBytes: 0 };
  const failures: string[] = [];
  const work = async (): Promise<void> => {
    for (let object = waiting.shift(); object !== undefined && failures.length === 0; object = waiting.shift()) {
      const copy = await copyObject(admin, root, object);
      if (!copy.ok) failures.push(copy.error);
      else if (copy.value !== null) {
        kept.set(object.key, copy.value.etag);
        total.copied += 1;
        total.copiedBytes += copy.value.bytes;
      }
      onDone(objects.length - waiting.length);
    }
  };
  await Promise.all(Array.from({ length: copiesAtOnce }, work));
  return failures[0] === undefined ? ok(total) : fail(failures[0]);
}

/** Copies one object; `null` when it is gone by now. A part that was replaced meanwhile is taken as it is now. */
async function copyObject(
  admin: AdminClient,
  root: string,
  object: LakeObject,
): Promise<Result<{ etag: string; bytes: number } | null, string>> {
  const path = pathOf(root, object.key);
  if (path === null) return fail(`Not a file name: ${JSON.stringify(object.key)}`);
  try {
    const response = await admin.fetch(`/v1/admin/lake/object?${new URLSearchParams({ key: object.key })}`);
    if (response.status === 404) return ok(null);
    if (!response.ok) return fail(`${object.key}: the admin API answered with status ${response.status}.`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const etag = plainEtag(response.headers.get("etag") ?? object.etag);
    if (etag === plainEtag(object.etag) && bytes.length !== object.size) {
      return fail(`${object.key}: ${bytes.length} bytes came of ${object.size}.`);
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.tmp`, bytes);
    renameSync(`${path}.tmp`, path);
    return ok({ etag: etag === plainEtag(object.etag) ? object.etag : etag, bytes: bytes.length });
  } catch (error) {
    return fail(`${object.key}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function pathOf(root: string, key: string): string | null {
  const segments = segmentsOfKey(key);
  return segments === null ? null : join(root, ...segments);
}

function plainEtag(etag: string): string {
  return etag.replace(/^W\//, "").replaceAll('"', "");
}

function isFileOfSize(path: string, size: number): boolean {
  return statSync(path, { throwIfNoEntry: false })?.size === size;
}

/** Removes a file that an earlier pull made, and the folders that it leaves empty. */
function removeFile(root: string, key: string): boolean {
  const path = pathOf(root, key);
  if (path === null || !existsSync(path)) return false;
  rmSync(path);
  for (let folder = dirname(path); folder.startsWith(root) && folder !== root; folder = dirname(folder)) {
    if (readdirSync(folder).length > 0) break;
    rmdirSync(folder);
  }
  return true;
}

function readManifest(root: string): Map<string, string> {
  const kept = readJsonFile<Record<string, unknown>>(join(root, manifestName));
  const entries = Object.entries(kept ?? {});
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

function writeManifest(root: string, manifest: ReadonlyMap<string, string>): void {
  mkdirSync(root, { recursive: true });
  const path = join(root, manifestName);
  writeFileSync(`${path}.tmp`, `${JSON.stringify(Object.fromEntries(manifest), null, 1)}\n`);
  renameSync(`${path}.tmp`, path);
}
