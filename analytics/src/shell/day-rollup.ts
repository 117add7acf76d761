import { dayPrefix, readMeta, type Row, scanRows } from "@sluice/lake";
import { dayText } from "../day.ts";
import { fewLinksText, noFewLinks } from "../few-links.ts";
import { DayFold } from "../fold.ts";
import { firstDayTouched } from "../identity.ts";
import { definitionsNumber } from "../jobs/definitions.ts";
import {
  encodeLinks,
  encodeUserDays,
  martKey,
  type MartName,
  type MartPart,
  martPartsText,
  parseMartParts,
} from "../marts.ts";
import {
  type InputPart,
  inputsText,
  type ListedPart,
  listedParts,
  parseInputs,
  type PassLimits,
  sameInputs,
} from "../rollup-plan.ts";
import type { Family } from "../rollup-body.ts";
import { UserFold } from "../user-fold.ts";
import { getPinned, type LakeBucket, listAll, putIfChanged } from "./lake-objects.ts";
import type { RollupStore } from "./rollup-store.ts";

/** How often a day is planned anew because a part was replaced while it was read. */
const plansMax = 5;

const columns = [
  "message_id",
  "type",
  "event",
  "time",
  "user_id",
  "anonymous_id",
  "is_bot",
  "revenue",
  "currency",
] as const;

/** What rolling up needs: storage, rows, and the name under which the lease is held. */
export interface RollupPorts {
  readonly bucket: LakeBucket;
  readonly store: RollupStore;
  readonly owner: string;
  readonly limits: PassLimits;
  /** Lets other requests of the isolate run; called between row groups and parts. */
  readonly yieldTurn: () => Promise<void>;
}

/**
 * Rolls up one UTC day of a project from the parts that the lake holds now: marts first, then the rows in one
 * transaction. A day that was built from the same parts is left alone.
 *
 * @returns rows read, each pass counted; `null` when the day was left alone.
 */
export async function rollUpDay(ports: RollupPorts, project: string, dayStartMs: number): Promise<number | null> {
  const prefix = dayPrefix("events", project, dayStartMs);
  const stored = await ports.store.day(project, dayStartMs);
  const inputs = stored === null ? [] : parseInputs(stored.inputs, prefix);
  for (let plan = 0; plan < plansMax; plan++) {
    const parts = listedParts(await listAll(ports.bucket, prefix));
    if (sameInputs(parts, inputs) && (stored === null || stored.definitions === definitionsNumber)) return null;
    const built = await buildDay(ports, project, dayStartMs, parts);
    if (built === null) continue;
    const linkMarts = martPartsText(built.marts.link);
    const { fewLinks } = built;
    const linksChanged = linkMarts !== (stored?.linkMarts ?? "[]") || fewLinks !== (stored?.fewLinks ?? noFewLinks);
    await ports.store.writeDay(ports.owner, project, {
      day: dayText(dayStartMs),
      bodies: built.bodies,
      inputs: inputsText(built.inputs, prefix),
      userMarts: martPartsText(built.marts.user_day),
      linkMarts,
      fewLinks,
      definitions: definitionsNumber,
      recountFromMs: linksChanged ? firstDayTouched(dayStartMs) : null,
    });
    if (stored !== null) {
      await deleteLeftOver(ports, martKeys("user_day", project, dayStartMs, stored.userMarts, built.marts.user_day));
      await deleteLeftOver(ports, martKeys("link", project, dayStartMs, stored.linkMarts, built.marts.link));
    }
    return built.rowsRead;
  }
  throw new Error(`a day's parts changed ${plansMax} times while they were read`);
}

interface BuiltDay {
  readonly rowsRead: number;
  readonly inputs: InputPart[];
  readonly bodies: readonly (readonly [Family, string])[];
  readonly marts: Marts;
  /** The day's links where they are few enough for its row; there is no mart of them then. */
  readonly fewLinks: string;
}

type Marts = Readonly<Record<MartName, MartPart[]>>;
type FoldedRow = Pick<Row, (typeof columns)[number]>;

/**
 * Folds a day; `null` when a part was replaced meanwhile. The first pass counts, and keeps all ids as long as
 * they are few, else those of the first slice; the day is passed over again for each of the other slices.
 */
async function buildDay(
  ports: RollupPorts,
  project: string,
  dayStartMs: number,
  parts: readonly ListedPart[],
): Promise<BuiltDay | null> {
  const fold = new DayFold();
  const first = new UserFold({ index: 0, count: 1 }, ports.limits.dayIdsMax);
  const inputs = await foldParts(ports, parts, (row) => {
    fold.add(row);
    first.add(row);
  });
  if (inputs === null) return null;
  const marts: Marts = { user_day: [], link: [] };
  const { count } = first.slice;
  const fewLinks = count === 1 ? fewLinksText(first.links()) : null;
  for (let index = 0; index < count; index++) {
    const users = index === 0 ? first : new UserFold({ index, count });
    if (index > 0 && (await foldParts(ports, parts, (row) => users.add(row))) === null) return null;
    const place = { project, dayStartMs, index };
    await putMart(ports, "user_day", place, marts, users.users(), encodeUserDays);
    if (fewLinks === null) await putMart(ports, "link", place, marts, users.links(), encodeLinks);
  }
  const bodies = [
    ["counts", JSON.stringify(fold.counts())],
    ["names", JSON.stringify(fold.names())],
    ["money", JSON.stringify(fold.money())],
  ] as const;
  return { rowsRead: fold.rows * count, inputs, bodies, marts, fewLinks: fewLinks ?? noFewLinks };
}

/** Stores a slice's part of a mart and notes it; without rows there is none. */
async function putMart<MartRow>(
  ports: RollupPorts,
  mart: MartName,
  { project, dayStartMs, index }: { readonly project: string; readonly dayStartMs: number; readonly index: number },
  marts: Marts,
  rows: readonly MartRow[],
  encode: (rows: readonly MartRow[]) => Uint8Array<ArrayBuffer>,
): Promise<void> {
  if (rows.length === 0) return;
  const etag = await putIfChanged(ports.bucket, martKey(mart, project, dayStartMs, index), encode(rows));
  marts[mart].push({ index, etag, rows: rows.length });
}

/** One pass over a day's parts, one after the other; says what was read, `null` when a part was replaced meanwhile. */
async function foldParts(
  ports: RollupPorts,
  parts: readonly ListedPart[],
  take: (row: FoldedRow) => void,
): Promise<InputPart[] | null> {
  const inputs: InputPart[] = [];
  for (const { key, etag } of parts) {
    const bytes = await getPinned(ports.bucket, key, etag);
    if (bytes === null) return null;
    inputs.push({ key, etag, logSequence: (await readMeta(bytes)).logSequence });
    for await (const rows of scanRows(bytes, columns)) {
      for (const row of rows) take(row);
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
