import { compareText } from "@sluice/lake";
import { AliasedIds, keepEarliest, type Link } from "../identity.ts";
import type { LakeBucket } from "./lake-objects.ts";
import { linksOfProject, type MartPorts } from "./mart-reader.ts";
import { RollupStore } from "./rollup-store.ts";

/** Ids of one user that are looked at: those that aliases join, and anonymous ids linked to them. */
const idsMax = 1_000;

/** Who is behind an id, as far as links and aliases are rolled up. */
export interface KnownUser {
  /** The ids that aliases join to the user's, the user's own among them, ordered by code point. */
  readonly ids: readonly string[];
  /** Anonymous ids whose earliest link is to one of them, ordered by code point. */
  readonly anonymousIds: readonly string[];
  /** The earliest link of each id that could be theirs: a shared device may have been somebody else's before. */
  readonly links: ReadonlyMap<string, Link>;
  readonly aliases: AliasedIds;
}

/**
 * Finds the user of an id: the user id that it was first identified with, else itself, and all that aliases join to that. The
 * same for each of its ids.
 */
export async function knownUser(db: D1Database, bucket: LakeBucket, project: string, id: string): Promise<KnownUser> {
  const ports: MartPorts = { bucket, store: new RollupStore(db), yieldTurn: async () => undefined };
  const aliases = new AliasedIds();
  const own = new Map<string, Link>();
  for await (const links of linksOfProject(ports, project)) {
    for (const link of links) {
      if (link.isAlias) aliases.join(link.anonymousId, link.userId);
      else if (link.anonymousId === id) keepEarliest(own, link);
    }
  }
  const ids = aliases.idsOf(own.get(id)?.userId ?? id).slice(0, idsMax);
  const users = new Set(ids);
  const candidates = new Set(ids);
  for await (const links of linksOfProject(ports, project)) {
    for (const { isAlias, userId, anonymousId } of links) {
      if (!isAlias && users.has(userId) && candidates.size < 2 * idsMax) candidates.add(anonymousId);
    }
  }
  const earliest = new Map<string, Link>();
  for await (const links of linksOfProject(ports, project)) {
    for (const link of links) if (!link.isAlias && candidates.has(link.anonymousId)) keepEarliest(earliest, link);
  }
  const linked = [...earliest.values()].filter(({ userId }) => users.has(userId));
  const anonymousIds = linked.map(({ anonymousId }) => anonymousId).sort(compareText);
  return { ids, anonymousIds, links: earliest, aliases };
}
