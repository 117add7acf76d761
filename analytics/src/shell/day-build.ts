import { eventColumns, readMeta, type Row, scanGroups } from "@sluice/lake";
import { costOf, isCampaignCost } from "../campaign-cost.ts";
import { parseDay } from "../day.ts";
import type { DayChange } from "../day-change.ts";
import type { Dimension } from "../dimensions.ts";
import { fewLinksText, noFewLinks } from "../few-links.ts";
import { DayFold } from "../fold.ts";
import { foldColumns } from "../fold-columns.ts";
import type { Link } from "../identity.ts";
import { countedEvents } from "../metrics.ts";
import {
  encodeLinks,
  type EncodedMart,
  encodeUserDays,
  martKey,
  type MartName,
  type MartPart,
  martPartsText,
  parseMartParts,
} from "../marts.ts";
import type { InputPart, ListedPart, PassLimits } from "../rollup-plan.ts";
import type { EventFamily } from "../rollup-body.ts";
import { UserFold } from "../user-fold.ts";
import { getPinned, type LakeBucket, putIfChanged } from "./lake-objects.ts";
import { linksOf, MartMissing, userDays } from "./mart-reader.ts";
import type { RollupStore, StoredDay } from "./rollup-store.ts";

/** Rows of a mart that cost as much CPU time as a row of events (docs/cost.md). */
const martRowsPerRow = 2;

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

/** What a day was built from. */
export interface ReadDay {
  /** Rows of events, each pass counted, and half of the rows of marts. */
  readonly rowsRead: number;
  readonly inputs: readonly InputPart[];
}

/** A day as built. */
export interface BuiltDay extends ReadDay {
  readonly bodies: readonly (readonly [EventFamily, string])[];
  readonly marts: Marts;
  /** The day's links where they are few enough for its row; there is no mart of them then. */
  readonly fewLinks: string;
  readonly hasAlias: boolean;
}

type Marts = Readonly<Record<MartName, MartPart[]>>;
type FoldedRow = Pick<Row, (typeof foldColumns)[number]> & Partial<Pick<Row, Dimension>> & { cost?: string | null };

/** What a day is begun with instead of nothing. */
export interface DayBase {
  /** The parts that are to be added: all of the hours that changed. */
  readonly parts: readonly ListedPart[];
  readonly isChanged: (quarter: number) => boolean;
  /** The day's rows of D1, by family. */
  readonly bodies: ReadonlyMap<string, string>;
  /** Slices that its marts have. */
  readonly slices: number;
  /** Puts what the marts hold of a slice into a fold; returns how many rows that are, `null` where a mart is not what D1 says. */
  readonly resume: (fold: UserFold) => Promise<number | null>;
}

/** What was built of a day, to be changed; `null` where it has to be built anew. */
export async function builtBefore(
  { bucket, store, yieldTurn }: RollupPorts,
  { project }: RolledProject,
  stored: StoredDay,
  change: DayChange | null,
): Promise<DayBase | null> {
  const startMs = parseDay(stored.day);
  if (change === null || startMs === null) return null;
  const [users, links] = [parseMartParts(stored.userMarts), parseMartParts(stored.linkMarts)];
  const last = Math.max(0, ...[...users, ...links].map(({ index }) => index));
  const ports = { bucket, store, yieldTurn };
  const resume = async (fold: UserFold): Promise<number | null> => {
    const isOfSlice = ({ index }: MartPart): boolean => index === fold.slice.index;
    let rows = 0;
    try {
      for await (const some of userDays(ports, project, startMs, users.filter(isOfSlice))) {
        fold.resume(some, change.isChanged);
        rows += some.length;
      }
      const day = { ...stored, linkMarts: martPartsText(links.filter(isOfSlice)) };
      for await (const some of linksOf(ports, project, day)) fold.resumeLinks(some);
      return rows;
    } catch (error) {
      if (error instanceof MartMissing) return null;
      throw error;
    }
  };
  const bodies = await store.bodies(project, stored.day);
  return { ...change, bodies, slices: 2 ** Math.ceil(Math.log2(last + 1)), resume };
}

/**
 * Folds parts of a day: all of them, or those that changed, onto what was built before. `moved` when a part was replaced
 * meanwhile; `not possible` when what was built before does not suffice. The first pass counts, and keeps all ids as long as
 * they are few, else those of the first slice; the parts are passed over again for each of the other slices.
 */
export async function foldDay(
  ports: RollupPorts,
  { project, dimensions }: RolledProject,
  dayStartMs: number,
  parts: readonly ListedPart[],
  base: DayBase | null,
): Promise<BuiltDay | "moved" | "not possible"> {
  const fold = new DayFold(dimensions);
  const slices = base?.slices ?? 1;
  const first = new UserFold({ index: 0, count: slices }, ports.limits.dayIdsMax, dimensions);
  if (base !== null && !fold.resume(base.bodies, base.isChanged)) return "not possible";
  let rowsRead = 0;
  const read = async (users: UserFold, isFirst: boolean): Promise<InputPart[] | "moved" | "not possible"> => {
    const resumed = base === null ? 0 : await base.resume(users);
    if (resumed === null) return "not possible";
    rowsRead += Math.ceil(resumed / martRowsPerRow);
    return foldParts(ports, parts, [...foldColumns, ...dimensions], (row) => {
      rowsRead += 1;
      if (isFirst) fold.add(row);
      users.add(row);
    });
  };
  const inputs = await read(first, true);
  if (typeof inputs === "string") return inputs;
  const { count } = first.slice;
  // A day that outgrew its slices is cut anew, for which all of its ids are needed.
  if (base !== null && count !== slices) return "not possible";
  const marts: Marts = { user_day: [], link: [] };
  const fewLinks = count === 1 ? fewLinksText(first.links()) : null;
  let hasAlias = false;
  for (let index = 0; index < count; index++) {
    const users = index === 0 ? first : new UserFold({ index, count }, undefined, dimensions);
    const done = index === 0 ? inputs : await read(users, false);
    if (typeof done === "string") return done;
    const place = { project, dayStartMs, index };
    const links: readonly Link[] = users.links();
    hasAlias ||= links.some((link) => link.isAlias);
    await putMart(ports, "user_day", place, marts, encodeUserDays(users.users(), users.userCount));
    users.clear();
    if (fewLinks === null) await putMart(ports, "link", place, marts, encodeLinks(links));
  }
  return { rowsRead, inputs, bodies: bodiesOf(fold, dimensions), marts, fewLinks: fewLinks ?? noFewLinks, hasAlias };
}

/** The day's rows of D1. */
function bodiesOf(fold: DayFold, dimensions: readonly Dimension[]): BuiltDay["bodies"] {
  return [
    ["counts", JSON.stringify(fold.counts())],
    ["names", JSON.stringify(fold.names())],
    ["money", JSON.stringify(fold.money())],
    ...dimensions.map((name) => [`by ${name}`, JSON.stringify(fold.values(name))] as const),
  ];
}

/** Stores a slice's part of a mart and notes it; without rows there is none. */
async function putMart(
  ports: RollupPorts,
  mart: MartName,
  { project, dayStartMs, index }: { readonly project: string; readonly dayStartMs: number; readonly index: number },
  marts: Marts,
  { bytes, rows, ids }: EncodedMart,
): Promise<void> {
  if (rows === 0) return;
  const etag = await putIfChanged(ports.bucket, martKey(mart, project, dayStartMs, index), bytes);
  marts[mart].push({ index, etag, rows, ids });
}

/** One pass over a day's parts, one after the other; says what was read, `moved` when a part was replaced meanwhile. */
async function foldParts(
  ports: RollupPorts,
  parts: readonly ListedPart[],
  wanted: readonly (keyof Row)[],
  take: (row: FoldedRow) => void,
): Promise<InputPart[] | "moved"> {
  const inputs: InputPart[] = [];
  for (const { key, etag } of parts) {
    const bytes = await getPinned(ports.bucket, key, etag);
    if (bytes === null) return "moved";
    inputs.push({ key, etag, logSequence: (await readMeta(bytes)).logSequence });
    for await (const group of scanGroups(bytes, eventColumns)) {
      const { cells, count } = await group.cells(wanted);
      // The folds keep nothing of a row, so one object serves for all: an object for each took a quarter of a roll-up.
      const row = {} as Record<string, unknown>;
      const columns = wanted.map((name) => [name, cells.get(name) ?? []] as const);
      // The properties of all other events are never read.
      const hasCosts = cells.get("event")?.includes(countedEvents.campaignCost) === true;
      const properties = hasCosts ? (await group.cells(["properties"])).cells.get("properties") : undefined;
      for (let index = 0; index < count; index++) {
        for (const [name, values] of columns) row[name] = values[index] ?? null;
        const folded = row as unknown as FoldedRow;
        if (properties !== undefined) {
          const text = properties[index];
          row["cost"] = isCampaignCost(folded) && typeof text === "string" ? costOf(text) : null;
        }
        take(folded);
      }
      await ports.yieldTurn();
    }
  }
  return inputs;
}
