import { dayMs, parseDay } from "../day.ts";
import { parseFewLinks } from "../few-links.ts";
import { keepEarliest, type Link, linkWindowDays } from "../identity.ts";
import { martKey, type MartName, parseMartParts, scanActiveIds, scanLinks } from "../marts.ts";
import type { UsersBody } from "../rollup-body.ts";
import { type RecountGroup, recountGroups } from "../rollup-plan.ts";
import { addUsers, anonymousIds } from "../user-count.ts";
import { inSlice, type Slice, type UserDay } from "../user-fold.ts";
import type { RollupPorts } from "./day-rollup.ts";
import { getPinned } from "./lake-objects.ts";
import type { LinkDay } from "./rollup-store.ts";

/** Thrown when a mart is not what D1 says: the day has to be built again. */
export class MartMissing extends Error {
  override readonly name = "MartMissing";
  readonly dayStartMs: number;

  constructor(dayStartMs: number) {
    super("a mart is missing or was replaced");
    this.dayStartMs = dayStartMs;
  }
}

/** What reading marts needs. */
type MartPorts = Pick<RollupPorts, "bucket" | "yieldTurn">;

interface Day {
  readonly day: string;
  readonly startMs: number;
  readonly userMarts: string;
  readonly ids: number;
}

/**
 * Counts the users of every day of a project whose ids or links changed, from marts alone. Stops early, to be
 * continued by the next run, when `isLate` says so; `false` then.
 *
 * @param recountFromMs the project's first day that a changed link touches; `null` leaves such days for another run.
 */
export async function recountUsers(
  ports: RollupPorts,
  project: string,
  recountFromMs: number | null,
  isLate: () => boolean,
): Promise<boolean> {
  const days = (await ports.store.daysToRecount(project, recountFromMs !== null)).map(dayOfRow);
  const groups = recountGroups(days, ports.limits.idsMax);
  for (const [index, group] of groups.entries()) {
    const counts = await countGroup(ports, project, group);
    const users = group.days.map((day, position) => {
      const body: UsersBody = { dau: counts[position] ?? 0 };
      return { day: day.day, body: JSON.stringify(body), userMarts: day.userMarts };
    });
    await ports.store.writeUsers(ports.owner, project, users);
    const next = groups[index + 1]?.days[0];
    if (next === undefined) break;
    if (recountFromMs !== null) {
      await ports.store.setRecountFrom(ports.owner, project, Math.max(recountFromMs, next.startMs));
    }
    if (isLate()) return false;
  }
  if (recountFromMs !== null) await ports.store.setRecountFrom(ports.owner, project, null);
  return true;
}

function dayOfRow(row: { readonly day: string; readonly userMarts: string }): Day {
  const startMs = parseDay(row.day);
  if (startMs === null) throw new Error("rollup_day holds a row without a day");
  const ids = parseMartParts(row.userMarts).reduce((sum, part) => sum + part.rows, 0);
  return { ...row, startMs, ids };
}

/** Users of each day of a group. A group of several days has one slice; a large day alone may have more. */
async function countGroup(ports: RollupPorts, project: string, group: RecountGroup<Day>): Promise<number[]> {
  const counts = group.days.map(() => 0);
  for (let index = 0; index < group.slices; index++) {
    const userSlice = { index, count: group.slices };
    const sets = group.days.map(() => new Set<string>());
    for (let part = 0; part < group.slices; part++) {
      await addSlice(ports, project, group, { index: part, count: group.slices }, userSlice, sets);
    }
    for (const [position, set] of sets.entries()) counts[position] = (counts[position] ?? 0) + set.size;
  }
  return counts;
}

/** Loads the ids of one slice of each day, finds their links, and adds the users that fall into `userSlice`. */
async function addSlice(
  ports: RollupPorts,
  project: string,
  group: RecountGroup<Day>,
  idSlice: Slice,
  userSlice: Slice,
  sets: readonly Set<string>[],
): Promise<void> {
  const idsByDay: UserDay[][] = [];
  const wanted = new Set<string>();
  for (const day of group.days) {
    const ids = await activeIds(ports, project, day, idSlice);
    idsByDay.push(ids);
    for (const id of anonymousIds(ids)) wanted.add(id);
  }
  const lastDayMs = group.days.at(-1)?.startMs ?? 0;
  const links = wanted.size === 0 ? new Map<string, Link>() : await earliestLinks(ports, project, lastDayMs, wanted);
  for (const [position, day] of group.days.entries()) {
    const set = sets[position];
    if (set !== undefined) addUsers(set, idsByDay[position] ?? [], day.startMs, links, userSlice);
  }
}

/** The active ids of a day that belong to a slice. */
export async function activeIds(
  ports: MartPorts,
  project: string,
  day: Pick<Day, "startMs" | "userMarts">,
  slice: Slice,
): Promise<UserDay[]> {
  const held: UserDay[] = [];
  for (const part of parseMartParts(day.userMarts)) {
    const bytes = await martBytes(ports, "user_day", project, day.startMs, part);
    for await (const ids of scanActiveIds(bytes)) {
      for (const id of ids) if (inSlice(id.userId ?? id.anonymousId ?? "", slice)) held.push(id);
    }
    await ports.yieldTurn();
  }
  return held;
}

/** The earliest link of each wanted anonymous id, out of the links of every day that can touch days up to `lastDayMs`. */
async function earliestLinks(
  ports: RollupPorts,
  project: string,
  lastDayMs: number,
  wanted: ReadonlySet<string>,
): Promise<Map<string, Link>> {
  const earliest = new Map<string, Link>();
  for await (const days of ports.store.linkDays(project, lastDayMs + linkWindowDays * dayMs)) {
    for (const day of days) {
      for await (const links of linksOf(ports, project, day)) {
        for (const link of links) if (wanted.has(link.anonymousId)) keepEarliest(earliest, link);
      }
    }
    await ports.yieldTurn();
  }
  return earliest;
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
  part: { readonly index: number; readonly etag: string },
): Promise<ArrayBuffer> {
  const bytes = await getPinned(ports.bucket, martKey(mart, project, dayStartMs, part.index), part.etag);
  if (bytes === null) throw new MartMissing(dayStartMs);
  return bytes;
}
