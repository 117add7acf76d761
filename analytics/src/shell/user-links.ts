import { parseDay } from "../day.ts";
import { parseFewLinks } from "../few-links.ts";
import { keepEarliest, type Link } from "../identity.ts";
import { martKey, parseMartParts, scanLinks } from "../marts.ts";
import { getPinned, type LakeBucket } from "./lake-objects.ts";
import { type LinkDay, RollupStore } from "./rollup-store.ts";

/** Anonymous ids of one user that are looked at. */
const anonymousIdsMax = 1_000;

/** Who is behind an id, as far as identity links are rolled up. */
export interface KnownUser {
  /** The user id that the asked id is linked to, else the asked id. */
  readonly user: string;
  /** The earliest link of each anonymous id that was ever linked to the user. */
  readonly links: ReadonlyMap<string, Link>;
}

/** Finds the user of an id (a user id or an anonymous one) and all anonymous ids that may be theirs. */
export async function knownUser(db: D1Database, lake: LakeBucket, project: string, id: string): Promise<KnownUser> {
  const own = await earliestLinks(db, lake, project, new Set([id]));
  const user = own.get(id)?.userId ?? id;
  const candidates = new Set<string>();
  for await (const links of linksOf(db, lake, project)) {
    for (const link of links) {
      if (link.userId === user && candidates.size < anonymousIdsMax) candidates.add(link.anonymousId);
    }
  }
  // A shared device may have been linked to somebody else before: the earliest link decides.
  return { user, links: await earliestLinks(db, lake, project, candidates) };
}

async function earliestLinks(
  db: D1Database,
  lake: LakeBucket,
  project: string,
  wanted: ReadonlySet<string>,
): Promise<Map<string, Link>> {
  const earliest = new Map<string, Link>();
  if (wanted.size === 0) return earliest;
  for await (const links of linksOf(db, lake, project)) {
    for (const link of links) if (wanted.has(link.anonymousId)) keepEarliest(earliest, link);
  }
  return earliest;
}

/** Every link of a project, a day at a time. */
async function* linksOf(db: D1Database, lake: LakeBucket, project: string): AsyncGenerator<Link[]> {
  for await (const days of new RollupStore(db).linkDays(project, Date.UTC(9999, 0))) {
    for (const day of days) yield* linksOfDay(lake, project, day);
  }
}

async function* linksOfDay(lake: LakeBucket, project: string, day: LinkDay): AsyncGenerator<Link[]> {
  yield parseFewLinks(day.fewLinks);
  const startMs = parseDay(day.day) ?? 0;
  for (const part of parseMartParts(day.linkMarts)) {
    const bytes = await getPinned(lake, martKey("link", project, startMs, part.index), part.etag);
    if (bytes === null) throw new Error("a mart of links is missing or was replaced");
    yield* scanLinks(bytes);
  }
}
