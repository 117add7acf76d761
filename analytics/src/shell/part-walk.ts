import { dayPrefix, parsePartKey } from "@sluice/lake";
import { dayOf } from "../day.ts";
import type { PartCursor } from "../part-cursor.ts";
import type { Walk } from "../scan-range.ts";
import { getPinned, type LakeBucket } from "./lake-objects.ts";

/** One version of a part, read whole, and the row at which to begin. */
export interface WalkedPart {
  readonly key: string;
  readonly etag: string;
  readonly file: ArrayBuffer;
  readonly row: number;
}

/** How often a part is looked up anew because it was replaced between its listing and its reading. */
const triesMax = 5;

/** The part at which a walk goes on, or `null` at its end. A part that was replaced since the cursor begins anew. */
export async function partAt(lake: LakeBucket, walk: Walk, cursor: PartCursor | null): Promise<WalkedPart | null> {
  for (let tries = 0; tries < triesMax; tries++) {
    const listed = await firstPart(lake, walk, cursor);
    if (listed === null) return null;
    const row = cursor?.key === listed.key && cursor.etag === listed.etag ? cursor.row : 0;
    const file = await getPinned(lake, listed.key, listed.etag);
    if (file !== null) return { ...listed, file, row };
  }
  throw new Error("a part was replaced each time it was read");
}

/** Where a walk goes on after `row` rows of a part that has `rows`; `null` when that was the last part. */
export async function cursorAfter(
  lake: LakeBucket,
  walk: Walk,
  part: Pick<WalkedPart, "key" | "etag">,
  progress: { readonly row: number; readonly rows: number },
): Promise<PartCursor | null> {
  if (progress.row < progress.rows) return { key: part.key, etag: part.etag, row: progress.row };
  const next = await listFrom(lake, walk, part.key);
  return next === null ? null : { ...next, row: 0 };
}

/** The part of the cursor, or the first one after it. */
async function firstPart(lake: LakeBucket, walk: Walk, cursor: PartCursor | null): Promise<ListedKey | null> {
  if (cursor === null) return listFrom(lake, walk, dayPrefix(walk.dataset, walk.project, dayOf(walk.range.fromMs)));
  const present = await lake.head(cursor.key);
  return present === null ? listFrom(lake, walk, cursor.key) : { key: present.key, etag: present.etag };
}

interface ListedKey {
  readonly key: string;
  readonly etag: string;
}

/** The first part of the range behind a key. Keys of parts are in the order of their hours. */
async function listFrom(lake: LakeBucket, { dataset, project, range }: Walk, after: string): Promise<ListedKey | null> {
  let startAfter = after;
  for (;;) {
    const page = await lake.list({ prefix: `${dataset}/project=${project}/dt=`, startAfter, limit: 100 });
    for (const { key, etag } of page.objects) {
      const place = parsePartKey(key);
      if (place === null || place.hourMs < range.fromMs) continue;
      return place.hourMs < range.toMs ? { key, etag } : null;
    }
    const last = page.objects.at(-1);
    if (!page.truncated || last === undefined) return null;
    startAfter = last.key;
  }
}

/** Whether a cursor lies within a walk: one of another project or range must not lead out of it. */
export function isWithin(cursor: PartCursor, { dataset, project, range }: Walk): boolean {
  const place = parsePartKey(cursor.key);
  return (
    place !== null &&
    place.dataset === dataset &&
    place.project === project &&
    place.hourMs >= range.fromMs &&
    place.hourMs < range.toMs
  );
}
