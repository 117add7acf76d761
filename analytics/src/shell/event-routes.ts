import { fail, ok, type Result } from "@sluice/schema";
import { Hono } from "hono";
import { Catalogue, type CatalogueEvent, compareEvents, positionOf } from "../catalogue.ts";
import { type ListParams, listParams } from "../list-params.ts";
import { pageCursor } from "../page-cursor.ts";
import { invalid, type Problem } from "../problem.ts";
import type { ListedPart } from "../rollup-plan.ts";
import { type ScanCost, tooMuchKept } from "../scan-budget.ts";
import type { Env } from "./env.ts";
import type { LakeBucket } from "./lake-objects.ts";
import { type EventGroup, scanParts } from "./lake-scan.ts";
import { readerOf } from "./read-token.ts";
import { refuse } from "./reply.ts";
import { answerScan } from "./scan-answer.ts";

const rules = {
  others: ["event"],
  cursor: ["string", "string"] as const,
  limitDefault: 100,
  limitMax: 500,
  daysDefault: 7,
  daysMax: 92,
};
const eventLengthMax = 512;

/** `GET /v1/events`: the catalogue of a range, for the project of the read token. */
export const eventRoutes = new Hono<{ Bindings: Env }>();

eventRoutes.get("/events", async (context) => {
  const reader = await readerOf(context, "events");
  if (!reader.ok) return refuse(context, reader.error);
  const search = new URL(context.req.url).searchParams;
  const params = listParams(search, rules, Date.now());
  if (!params.ok) return refuse(context, params.error);
  const event = search.get("event");
  if (event !== null && (event === "" || event.length > eventLengthMax)) {
    return refuse(
      context,
      invalid("event", `event must be a track event's name of 1 to ${eventLengthMax} characters.`),
    );
  }
  const { project, scopes } = reader.value;
  const { range } = params.value;
  const hasSamples = scopes.includes("users");
  const walk = { dataset: "events", project, range } as const;
  return answerScan(context, walk, [params.value, event, hasSamples], async (parts) => {
    const catalogue = new Catalogue(hasSamples);
    const cost = await scanEvents(context.env.LAKE, parts, catalogue, event);
    return cost.ok ? ok(bodyOf(project, params.value, catalogue.events(), cost.value)) : fail(cost.error);
  });
});

async function scanEvents(
  lake: LakeBucket,
  parts: readonly ListedPart[],
  catalogue: Catalogue,
  event: string | null,
): Promise<Result<ScanCost, Problem>> {
  return scanParts(lake, parts, async (group) => {
    await addGroup(group, catalogue, event);
    const exceeded = catalogue.exceeded();
    return exceeded === null ? "read" : tooMuchKept(exceeded);
  });
}

/** Properties are read only of groups that hold a row to be looked at. */
async function addGroup(group: EventGroup, catalogue: Catalogue, event: string | null): Promise<void> {
  const rows = await group.read(["type", "event", "time", "is_bot"]);
  const examined: number[] = [];
  for (const [index, row] of rows.entries()) {
    if (event !== null && (row.type !== "track" || row.event !== event)) continue;
    if (catalogue.add(row)) examined.push(index);
  }
  if (examined.length === 0) return;
  const documents = await group.read(["properties"]);
  for (const index of examined) {
    const row = rows[index];
    if (row !== undefined) catalogue.examine(row, documents[index]?.properties ?? null);
  }
}

function bodyOf(project: string, params: ListParams, all: readonly CatalogueEvent[], scanned: ScanCost): object {
  const { range, limit, after } = params;
  const rest = after === null ? all : all.filter((event) => compareEvents(positionOf(event), after) > 0);
  const events = rest.slice(0, limit);
  const last = events.at(-1);
  return {
    project,
    from: new Date(range.fromMs).toISOString(),
    to: new Date(range.toMs).toISOString(),
    events,
    total: all.length,
    cursor: last === undefined || events.length === rest.length ? null : pageCursor(positionOf(last)),
    scanned,
  };
}
