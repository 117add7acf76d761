import { parseDay } from "../day.ts";
import { parseFewLinks } from "../few-links.ts";
import type { Link } from "../identity.ts";
import { martKey, parseMartParts, scanLinks } from "../marts.ts";
import { type BehaviourPorts, MartReplaced } from "./behaviour-read.ts";
import { getPinned } from "./lake-objects.ts";
import { RollupStore } from "./rollup-store.ts";

/** The identity links of a project, of every day before `toMs`, from the days' rows and from their marts. */
export async function* eachLinks(ports: BehaviourPorts, db: D1Database, toMs: number): AsyncGenerator<Link[]> {
  for await (const days of new RollupStore(db).linkDays(ports.project, toMs)) {
    for (const { day, fewLinks, linkMarts } of days) {
      yield parseFewLinks(fewLinks);
      for (const { index, etag } of parseMartParts(linkMarts)) {
        const key = martKey("link", ports.project, parseDay(day) ?? 0, index);
        const file = await getPinned(ports.bucket, key, etag);
        // The roll-up replaces its marts before their row: a moment later they fit.
        if (file === null) throw new MartReplaced("a part of link is missing or was replaced");
        ports.budget.spend(file.byteLength);
        yield* scanLinks(file);
      }
    }
    await ports.yieldTurn();
  }
}
