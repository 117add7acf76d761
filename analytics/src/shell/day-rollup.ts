import { dayPrefix } from "@sluice/lake";
import { dayMs, dayText } from "../day.ts";
import { dayChange } from "../day-change.ts";
import { noFewLinks, parseFewLinks } from "../few-links.ts";
import { linkWindowDays } from "../identity.ts";
import { definitionsNumber } from "../jobs/definitions.ts";
import { martKey, type MartName, type MartPart, martPartsText, martVersion, parseMartParts } from "../marts.ts";
import { definitionText, inputsText, listedParts, parseInputs, sameInputs } from "../rollup-plan.ts";
import {
  builtBefore,
  type BuiltDay,
  foldDay,
  type ReadDay,
  type RolledProject,
  type RollupPorts,
} from "./day-build.ts";
import { listAll } from "./lake-objects.ts";
import type { StoredDay } from "./rollup-store.ts";

/** How often a day is planned anew because a part was replaced while it was read. */
const plansMax = 5;

/**
 * Rolls up one UTC day of a project from the parts that the lake holds now: marts first, then the rows in one
 * transaction. A day that was built from the same parts by the same definition is left alone; of one whose parts changed in some
 * hours, these alone are read, and the rest is taken from what was built before.
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
    const isSame = isCurrent && before !== null && before.definition === definition;
    const base = isSame ? await builtBefore(ports, of, stored, dayChange(parts, before.parts)) : null;
    let built = await foldDay(ports, of, dayStartMs, base?.parts ?? parts, base);
    if (built === "not possible") built = await foldDay(ports, of, dayStartMs, parts, null);
    if (built === "moved" || built === "not possible") continue;
    const read = new Map(built.inputs.map((input) => [input.key, input]));
    const inputs = parts.flatMap(({ key }) => read.get(key) ?? before?.parts.find((input) => input.key === key) ?? []);
    await ports.store.writeDay(ports.owner, project, {
      day: dayText(dayStartMs),
      bodies: built.bodies,
      inputs: inputsText({ definition, parts: inputs }, prefix),
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
