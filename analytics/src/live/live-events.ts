import { fail, isName, ok, type Result, type TailPage, type TailRequest } from "@sluice/schema";
import { compareText } from "@sluice/lake";
import { onlyKnown } from "../hour-range.ts";
import { invalid, type Problem } from "../problem.ts";

/** Events of one source that an answer has, and all of it. */
const perSourceMax = 100;
const eventsMax = 1_000;

const columns = {
  events: [
    "source",
    "received_time",
    "message_id",
    "receipt_id",
    "key_kind",
    "type",
    "event",
    "name",
    "time",
    "user_id",
    "anonymous_id",
    "sdk_name",
    "is_bot",
    "revenue",
    "currency",
    "properties",
  ],
  rejected: ["source", "received_time", "message_id", "receipt_id", "key_kind", "reason", "field", "message", "raw"],
} as const;

/** A question for the last events. */
export interface LiveEventsQuestion {
  readonly source: string | null;
  /** Events of each source at most. */
  readonly limit: number;
  /** Where the last answer ended, by shard; empty for the newest events there are. */
  readonly after: readonly LogPlace[];
}

/** How far a log was read. */
export interface LogPlace {
  readonly birthId: string;
  readonly sequence: number;
}

/** One event as the debugging view tells it: `stored` with columns of `events`, or `rejected` with those of `rejected`. */
export type LiveEvent = { readonly outcome: "stored" | "rejected" } & Readonly<
  Record<string, string | number | boolean | null>
>;

/** Reads `source`, `limit` and `after` of `GET /v1/live/events`. */
export function liveEventsQuestion(search: URLSearchParams): Result<LiveEventsQuestion, Problem> {
  const known = onlyKnown(search, ["source", "limit", "after", "project"]);
  if (!known.ok) return known;
  const source = search.get("source");
  if (source !== null && !isName(source)) return fail(invalid("source", "source must be the name of a source."));
  const limit = search.get("limit") ?? String(perSourceMax);
  if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > perSourceMax) {
    return fail(invalid("limit", `limit must be a whole number from 1 to ${perSourceMax}.`));
  }
  const after = parsePlaces(search.get("after") ?? "");
  if (after === null) return fail(invalid("after", "after must be the cursor of an earlier answer."));
  return ok({ source, limit: Number(limit), after });
}

/** What a log is asked: the blocks since the last answer, or its newest. */
export function liveEventsRequest(after: LogPlace | undefined): TailRequest {
  return {
    columns,
    sinceSequence: after?.sequence ?? 0,
    takenFromMs: 0,
    hours: null,
    included: [],
    order: after === undefined ? "newest" : "oldest",
    rowsMax: eventsMax,
    textLengthMax: 2_000,
  };
}

/** The last events of all logs together, in the order of their receipt, each source's newest; and how many were left out. */
export function liveEvents(
  pages: readonly TailPage[],
  { source, limit }: LiveEventsQuestion,
): { readonly events: readonly LiveEvent[]; readonly leftOut: number } {
  const events: (LiveEvent & { readonly takenAtMs: number })[] = [];
  for (const { segments } of pages) {
    for (const { dataset, takenAtMs, rows } of segments) {
      const outcome = dataset === "events" ? ("stored" as const) : ("rejected" as const);
      for (const cells of rows) {
        const named = Object.fromEntries(columns[dataset].map((name, i) => [name, cells[i] ?? null]));
        if (source === null || named["source"] === source) events.push({ outcome, ...named, takenAtMs });
      }
    }
  }
  const number = (event: LiveEvent): number => Number(event["received_time"]);
  events.sort((a, b) => number(b) - number(a) || compareText(idOf(b), idOf(a)));
  const counts = new Map<string, number>();
  const kept = events.filter((event) => {
    const name = String(event["source"]);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return (counts.get(name) ?? 0) <= limit;
  });
  const shown = kept.slice(0, eventsMax).toReversed();
  return { events: shown, leftOut: events.length - shown.length };
}

function idOf(event: LiveEvent): string {
  return `${event["receipt_id"] ?? ""} ${event["message_id"] ?? ""}`;
}

/** The cursor of an answer. */
export function placesText(places: readonly LogPlace[]): string {
  return places.map(({ birthId, sequence }) => `${birthId}.${sequence}`).join(",");
}

/** Reads {@link placesText}; `null` when it is none. What it says is no secret and opens nothing. */
function parsePlaces(text: string): LogPlace[] | null {
  if (text === "") return [];
  if (text.length > 20_000) return null;
  const places = text.split(",").map((entry) => /^([\w-]{1,80})\.(\d{1,15})$/.exec(entry));
  if (places.includes(null)) return null;
  return places.map((match) => ({ birthId: match?.[1] ?? "", sequence: Number(match?.[2]) }));
}
