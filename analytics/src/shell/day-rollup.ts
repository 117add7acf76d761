import { dayPrefix, eventColumns, readMeta, type Row, scanGroups } from "@sluice/lake";
import { costOf, isCampaignCost } from "../campaign-cost.ts";
import { dayMs, dayText } from "../day.ts";
import { fewLinksText, noFewLinks, parseFewLinks } from "../few-links.ts";
import { DayFold } from "../fold.ts";
import type { Dimension } from "../dimensions.ts";
import { type Link, linkWindowDays } from "../identity.ts";
import { definitionsNumber } from "../jobs/definitions.ts";
import {
  encodeLinks,
  encodeUserDays,
  idsOf,
  martKey,
  type MartName,
  type MartPart,
  martPartsText,
  martVersion,
  parseMartParts,
} from "../marts.ts";
import {
  definitionText,
  type InputPart,
  inputsText,
  type ListedPart,
  listedParts,
  parseInputs,
  type PassLimits,
  sameInputs,
} from "../rollup-plan.ts";
import { foldColumns } from "../fold-columns.ts";
import type { EventFamily } from "../rollup-body.ts";
import { UserFold } from "../user-fold.ts";
import { getPinned, type LakeBucket, listAll, putIfChanged } from "./lake-objects.ts";
import type { RollupStore, StoredDay } from "./rollup-store.ts";

/** How often a day is planned anew because a part was replaced while it was read. */
const plansMax = 5;

/** What rolling up needs: storage, rows, and the name under which the lease is held. */
export interface RollupPorts {
  readonly bucket: LakeBucket;
  readonly store: RollupStore;
  readonly owner: string;
  readonly limits: PassLimits;
  /** Lets other requests of the isolate run; called between row groups and parts. */
  readonly yieldTurn: () => Promise<void>;
}

/** What of a project decides the rows of its days. */
export interface RolledProject {
  readonly project: string;
  readonly dimensions: readonly Dimension[];
}

/**
 * Rolls up one UTC day of a project from the parts that the lake holds now: marts first, then the rows in one
 * transaction. A day that was built from the same parts by the same definition is left alone.
 *
 * @returns what was read; `null` when the day was left alone.
 */
export async function rollUpDay(ports: RollupPorts, of: RolledProject, dayStartMs: number): Promise<ReadDay | null> {
  const { project } = of;
  const prefix = dayPrefix("events", project, dayStartMs);
  const definition = definitionText(martVersion, of.dimensions);
  const stored = await ports.store.day(project, dayStartMs);
  const before = stored === null ? null : parseInputs(stored.inputs, prefix);
  for (let plan = 0; plan < plansMax; plan++) {
    const parts = listedParts(await listAll(ports.bucket, prefix));
    if (stored === null && parts.length === 0) return null;
    const isCurrent = stored?.definitions === definitionsNumber;
    if (isCurrent && before !== null && sameInputs(parts, definition, before)) return null;
    const built = await buildDay(ports, of, dayStartMs, parts);
    if (built === null) continue;
    await ports.store.writeDay(ports.owner, project, {
      day: dayText(dayStartMs),
      bodies: built.bodies,
      inputs: inputsText({ definition, parts: built.inputs }, prefix),
      userMarts: martPartsText(built.marts.user_day),
      linkMarts: martPartsText(built.marts.link),
      fewLinks: built.fewLinks,
      definitions: definitionsNumber,
      ...touchedDays(dayStartMs, built, stored),
    });
    if (stored !== null) {
      await deleteLeftOver(ports, martKeys("user_day", project, dayStartMs, stored.userMarts, built.marts.user_day));
      await deleteLeftOver(ports, martKeys("link", project, dayStartMs, stored.linkMarts, built.marts.link));
    }
    return built;
  }
  throw new Error(`a day's parts changed ${plansMax} times while they were read`);
}

/** From which day on users are to be counted again, because links changed or because the day's own ids did. */
function touchedDays(
  dayStartMs: number,
  built: BuiltDay,
  stored: StoredDay | null,
): { recountFromMs: number | null; trailFromMs: number | null } {
  const { fewLinks, marts } = built;
  const linksChanged =
    martPartsText(marts.link) !== (stored?.linkMarts ?? "[]") || fewLinks !== (stored?.fewLinks ?? noFewLinks);
  const hadAlias = parseFewLinks(stored?.fewLinks ?? noFewLinks).some((link) => link.isAlias);
  // An alias joins ids on every day; a link reaches back its window of local days, which may begin a UTC day earlier.
  const reachMs = built.hasAlias || hadAlias ? dayStartMs : (linkWindowDays + 1) * dayMs;
  const recountFromMs = linksChanged ? dayStartMs - reachMs : null;
  const isOld = stored !== null && stored.definitions !== definitionsNumber;
  const usersChanged = isOld || martPartsText(marts.user_day) !== (stored?.userMarts ?? "[]");
  return { recountFromMs, trailFromMs: recountFromMs ?? (usersChanged ? dayStartMs : null) };
}

/** What a day was built from. */
export interface ReadDay {
  /** Rows, each pass counted. */
  readonly rowsRead: number;
  readonly inputs: readonly InputPart[];
}

interface BuiltDay extends ReadDay {
  readonly bodies: readonly (readonly [EventFamily, string])[];
  readonly marts: Marts;
  /** The day's links where they are few enough for its row; there is no mart of them then. */
  readonly fewLinks: string;
  readonly hasAlias: boolean;
}

type Marts = Readonly<Record<MartName, MartPart[]>>;
type FoldedRow = Pick<Row, (typeof foldColumns)[number]> & Partial<Pick<Row, Dimension>> & { cost?: string | null };

/**
 * Folds a day; `null` when a part was replaced meanwhile. The first pass counts, and keeps all ids as long as
 * they are few, else those of the first slice; the day is passed over again for each of the other slices.
 */
async function buildDay(
  ports: RollupPorts,
  { project, dimensions }: RolledProject,
  dayStartMs: number,
  parts: readonly ListedPart[],
): Promise<BuiltDay | null> {
  const fold = new DayFold(dimensions);
  const first = new UserFold({ index: 0, count: 1 }, ports.limits.dayIdsMax, dimensions);
  const read = async (take: (row: FoldedRow) => void): Promise<InputPart[] | null> => {
    return foldParts(ports, parts, [...foldColumns, ...dimensions], take);
  };
  const inputs = await read((row) => {
    fold.add(row);
    first.add(row);
  });
  if (inputs === null) return null;
  const marts: Marts = { user_day: [], link: [] };
  const { count } = first.slice;
  const fewLinks = count === 1 ? fewLinksText(first.links()) : null;
  let hasAlias = false;
  for (let index = 0; index < count; index++) {
    const users = index === 0 ? first : new UserFold({ index, count }, undefined, dimensions);
    if (index > 0 && (await read((row) => users.add(row))) === null) return null;
    const place = { project, dayStartMs, index };
    const rows = users.users();
    const links: readonly Link[] = users.links();
    hasAlias ||= links.some((link) => link.isAlias);
    await putMart(ports, "user_day", place, marts, { rows, ids: idsOf(rows) }, encodeUserDays);
    if (fewLinks === null) await putMart(ports, "link", place, marts, { rows: links, ids: links.length }, encodeLinks);
  }
  const bodies = [
    ["counts", JSON.stringify(fold.counts())],
    ["names", JSON.stringify(fold.names())],
    ["money", JSON.stringify(fold.money())],
    ...dimensions.map((name) => [`by ${name}`, JSON.stringify(fold.values(name))] as const),
  ] as const;
  return { rowsRead: fold.rows * count, inputs, bodies, marts, fewLinks: fewLinks ?? noFewLinks, hasAlias };
}

/** Stores a slice's part of a mart and notes it; without rows there is none. */
async function putMart<MartRow>(
  ports: RollupPorts,
  mart: MartName,
  { project, dayStartMs, index }: { readonly project: string; readonly dayStartMs: number; readonly index: number },
  marts: Marts,
  { rows, ids }: { readonly rows: readonly MartRow[]; readonly ids: number },
  encode: (rows: readonly MartRow[]) => Uint8Array<ArrayBuffer>,
): Promise<void> {
  if (rows.length === 0) return;
  const etag = await putIfChanged(ports.bucket, martKey(mart, project, dayStartMs, index), encode(rows));
  marts[mart].push({ index, etag, rows: rows.length, ids });
}

/** One pass over a day's parts, one after the other; says what was read, `null` when a part was replaced meanwhile. */
async function foldParts(
  ports: RollupPorts,
  parts: readonly ListedPart[],
  wanted: readonly (keyof Row)[],
  take: (row: FoldedRow) => void,
): Promise<InputPart[] | null> {
  const inputs: InputPart[] = [];
  for (const { key, etag } of parts) {
    const bytes = await getPinned(ports.bucket, key, etag);
    if (bytes === null) return null;
    inputs.push({ key, etag, logSequence: (await readMeta(bytes)).logSequence });
    for await (const group of scanGroups(bytes, eventColumns)) {
      const rows = (await group.read(wanted)) as FoldedRow[];
      // The properties of all other events are never read.
      const properties = rows.some(isCampaignCost) ? await group.read(["properties"]) : [];
      for (const [index, row] of rows.entries()) {
        if (isCampaignCost(row)) row.cost = costOf(properties[index]?.properties ?? null);
        take(row);
      }
      await ports.yieldTurn();
    }
  }
  return inputs;
}

/** Keys of the parts that a mart no longer has. */
function martKeys(
  mart: MartName,
  project: string,
  dayStartMs: number,
  before: string,
  now: readonly MartPart[],
): string[] {
  const kept = new Set(now.map((part) => part.index));
  const gone = parseMartParts(before).filter((part) => !kept.has(part.index));
  return gone.map((part) => martKey(mart, project, dayStartMs, part.index));
}

async function deleteLeftOver(ports: RollupPorts, keys: string[]): Promise<void> {
  if (keys.length > 0) await ports.bucket.delete(keys);
}
