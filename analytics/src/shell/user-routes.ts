import { compareText } from "@sluice/lake";
import { identityLengthMax, ok } from "@sluice/schema";
import { Hono } from "hono";
import { type UserOf, usersBy } from "../behaviour/user.ts";
import { listParams } from "../list-params.ts";
import { pageCursor } from "../page-cursor.ts";
import { invalid, notFound } from "../problem.ts";
import { LocalDays } from "../time-zone.ts";
import { timelineColumns, type TimelinePosition, UserProfile } from "../user-profile.ts";
import type { Env } from "./env.ts";
import { type EventGroup, scanParts } from "./lake-scan.ts";
import { readerOf } from "./read-token.ts";
import { refuse } from "./reply.ts";
import { answerScan } from "./scan-answer.ts";
import { type KnownUser, knownUser } from "./user-links.ts";

const rules = {
  others: [],
  cursor: ["number", "string"] as const,
  limitDefault: 100,
  limitMax: 500,
  daysDefault: 30,
  daysMax: 400,
};

/** `GET /v1/users/:id`: profile and timeline of one user, for the project of the read token. */
export const userRoutes = new Hono<{ Bindings: Env }>();

userRoutes.get("/users/:id", async (context) => {
  const reader = await readerOf(context, "users");
  if (!reader.ok) return refuse(context, reader.error);
  const id = context.req.param("id");
  if (id.length > identityLengthMax) {
    return refuse(context, invalid("id", `id may have at most ${identityLengthMax} characters.`));
  }
  const params = listParams(new URL(context.req.url).searchParams, rules, Date.now());
  if (!params.ok) return refuse(context, params.error);
  const { project, currency, timezone, asOfMs } = reader.value;
  const { range, limit, after } = params.value;
  const known = await knownUser(context.env.DB, context.env.LAKE, project, id);
  const { ids, anonymousIds, links, aliases } = known;
  const walk = { dataset: "events", project, range } as const;
  return answerScan(context, walk, [params.value, timezone, ids, [...links], asOfMs], async (parts) => {
    const profile = new UserProfile(currency, limit, after as TimelinePosition | null, ids);
    const userOf = usersBy(new LocalDays(timezone), { links, aliases });
    const cost = await scanParts(context.env.LAKE, parts, (group) => addGroup(group, known, userOf, profile));
    if (!cost.ok) return cost;
    if (profile.events === 0 && anonymousIds.length === 0 && ids.length === 1) return { ok: false, error: notFound };
    const { next, ...rest } = profile.result();
    return ok({
      project,
      user: profile.representative,
      ids,
      anonymousIds,
      from: new Date(range.fromMs).toISOString(),
      to: new Date(range.toMs).toISOString(),
      // Links of events that were not rolled up by then are not followed yet.
      linksAsOf: new Date(asOfMs).toISOString(),
      ...rest,
      cursor: next === null ? null : pageCursor(next),
      scanned: cost.value,
    });
  });
});

/** Ids are read first; a group that its bounds rule out, or that holds no row of the user, costs no more. */
async function addGroup(
  group: EventGroup,
  { ids, links, aliases }: KnownUser,
  userOf: UserOf,
  profile: UserProfile,
): Promise<"read" | "skip"> {
  const [users, visitors] = [group.bounds("user_id"), group.bounds("anonymous_id")];
  const mayBe = (bounds: typeof users, id: string): boolean => {
    return bounds === null || (compareText(id, String(bounds.min)) >= 0 && compareText(id, String(bounds.max)) <= 0);
  };
  if (!ids.some((id) => mayBe(users, id)) && ![...ids, ...links.keys()].some((id) => mayBe(visitors, id)))
    return "skip";
  const name = aliases.nameOf(ids[0] ?? "");
  const seen = await group.read(["user_id", "anonymous_id", "time"]);
  const found = seen.flatMap(({ user_id, anonymous_id, time }, index) => {
    return userOf(user_id, anonymous_id, time) === name ? [index] : [];
  });
  if (found.length === 0) return "read";
  const rows = await group.read(timelineColumns);
  for (const index of found) {
    const row = rows[index];
    if (row !== undefined) profile.add(row);
  }
  return "read";
}
