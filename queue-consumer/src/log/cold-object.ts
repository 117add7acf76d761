import type { ColdPage, ColdWindow } from "./cold-ids.ts";
import { coldObjectPagesMax } from "./limits.ts";
import { type Entries, entryBytes, entryWords, firstPlaceOf, placeOf } from "./seen-entries.ts";
import type { WarmPage } from "./seen-index.ts";

/** When ids leave SQL for the lake's bucket. */
export interface CoolPolicy {
  /** How long a page has had no new ids, and the last hour of its ids is over, in ms. */
  readonly coolMs: number;
  /** Ids that an object takes at least. */
  readonly coolIds: number;
}

/** A packed object on its way into the bucket. Stored before the PUT. */
export interface ColdPlan {
  readonly object: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly pages: readonly PlannedPage[];
}

/** A page in a packed object, as it was when it was packed. */
export interface PlannedPage {
  /** Beginning of the warm page. */
  readonly place: number;
  readonly version: number;
  readonly cold: ColdPage;
}

/** Key of a cold object. The birth id keeps the objects of a log that began anew apart from those of its predecessor. */
export function coldKey(
  log: { readonly project: string; readonly shard: number; readonly birthId: string },
  object: number,
): string {
  const shard = String(log.shard).padStart(5, "0");
  return `seen/project=${log.project}/shard=${shard}/${log.birthId}-${String(object).padStart(6, "0")}.ids`;
}

/**
 * The pages to move next: those that nothing was added to for long, of hours that are long over, since fresh ids would ask for
 * them all the time. None while they are too few for an object.
 */
export function coolablePages(pages: readonly WarmPage[], nowMs: number, policy: CoolPolicy): readonly WarmPage[] {
  const writtenMs = nowMs - policy.coolMs;
  const end = firstPlaceOf(writtenMs);
  const cool = pages.filter((page) => page.touchedAtMs <= writtenMs && page.last < end);
  const ids = cool.reduce((sum, page) => sum + page.count, 0);
  return ids < policy.coolIds ? [] : cool.slice(0, coldObjectPagesMax);
}

/** An object of pages, one after the other, and the plan to move them there; its checksum is the caller's. */
export function packColdObject(
  object: number,
  pages: readonly WarmPage[],
  load: (place: number) => Entries,
): { readonly content: Uint8Array<ArrayBuffer>; readonly pages: readonly PlannedPage[] } {
  const words = new Uint32Array(pages.reduce((sum, page) => sum + page.count, 0) * entryWords);
  let at = 0;
  const planned = pages.map(({ place, version, count, last }, index): PlannedPage => {
    const entries = load(place);
    words.set(entries, at * entryWords);
    const cold = { object, index, at, count, first: placeOf(entries), last };
    at += count;
    return { place, version, cold };
  });
  return { content: new Uint8Array(words.buffer), pages: planned };
}

/** The ids of a window, as they were read; `null` when they are not what was asked for. */
export function unpackWindow(window: ColdWindow, content: ArrayBuffer): Entries | null {
  return content.byteLength === window.bytes && content.byteLength % entryBytes === 0 ? new Uint32Array(content) : null;
}
