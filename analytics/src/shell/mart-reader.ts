import { parseDay } from "../day.ts";
import { parseFewLinks } from "../few-links.ts";
import { AliasedIds, keepEarliest, type Link } from "../identity.ts";
import {
  type ActiveId,
  martKey,
  type MartName,
  type MartPart,
  parseMartParts,
  scanActiveIds,
  scanLinks,
  scanUserDays,
} from "../marts.ts";
import type { Identities } from "../user-count.ts";
import type { UserDay } from "../user-fold.ts";
import { getPinned, type LakeBucket } from "./lake-objects.ts";
import type { LinkDay, RollupStore } from "./rollup-store.ts";

/** What reading marts needs. */
export interface MartPorts {
  readonly bucket: Pick<LakeBucket, "get">;
  readonly store: Pick<RollupStore, "linkDays">;
  /** Lets other requests of the isolate run; called between parts. */
  readonly yieldTurn: () => Promise<void>;
}

/** Thrown when a mart is not what D1 says: the day has to be built again. */
export class MartMissing extends Error {
  override readonly name = "MartMissing";
  readonly dayStartMs: number;

  constructor(dayStartMs: number) {
    super("a mart is missing or was replaced");
    this.dayStartMs = dayStartMs;
  }
}

/** The ids of a UTC day in the cells that begin with one of `prefixes`, some after the others. */
export async function* activeIds(
  ports: MartPorts,
  project: string,
  { startMs, userMarts }: { readonly startMs: number; readonly userMarts: string },
  prefixes: readonly string[],
): AsyncGenerator<ActiveId[]> {
  for (const part of parseMartParts(userMarts)) {
    yield* scanActiveIds(await martBytes(ports, "user_day", project, startMs, part), prefixes);
    await ports.yieldTurn();
  }
}

/** The rows of some parts of a day's mart of users, some after the others. */
export async function* userDays(
  ports: MartPorts,
  project: string,
  dayStartMs: number,
  parts: readonly MartPart[],
): AsyncGenerator<UserDay[]> {
  for (const part of parts) {
    yield* scanUserDays(await martBytes(ports, "user_day", project, dayStartMs, part));
    await ports.yieldTurn();
  }
}

/**
 * The earliest identify of each anonymous id that `isWanted`, and all aliases, out of every day's links; `null` when
 * these are more than `linksMax`.
 */
export async function readIdentities(
  ports: MartPorts,
  project: string,
  isWanted: (anonymousId: string) => boolean,
  linksMax = Number.POSITIVE_INFINITY,
): Promise<Identities | null> {
  const links = new Map<string, Link>();
  const aliases = new AliasedIds();
  for await (const some of linksOfProject(ports, project)) {
    for (const link of some) {
      if (link.isAlias) aliases.join(link.anonymousId, link.userId);
      else if (isWanted(link.anonymousId)) keepEarliest(links, link);
    }
    if (links.size > linksMax) return null;
  }
  return { links, aliases };
}

/** The links of all days, some after the others. */
export async function* linksOfProject(ports: MartPorts, project: string): AsyncGenerator<Link[]> {
  for await (const days of ports.store.linkDays(project)) {
    for (const day of days) yield* linksOf(ports, project, day);
    await ports.yieldTurn();
  }
}

/** The links of a day, from its row and from its mart: one of them is empty. */
export async function* linksOf(ports: MartPorts, project: string, day: LinkDay): AsyncGenerator<Link[]> {
  yield parseFewLinks(day.fewLinks);
  const startMs = parseDay(day.day) ?? 0;
  for (const part of parseMartParts(day.linkMarts)) {
    yield* scanLinks(await martBytes(ports, "link", project, startMs, part));
    await ports.yieldTurn();
  }
}

async function martBytes(
  ports: MartPorts,
  mart: MartName,
  project: string,
  dayStartMs: number,
  part: Pick<MartPart, "index" | "etag">,
): Promise<ArrayBuffer> {
  const bytes = await getPinned(ports.bucket, martKey(mart, project, dayStartMs, part.index), part.etag);
  if (bytes === null) throw new MartMissing(dayStartMs);
  return bytes;
}
