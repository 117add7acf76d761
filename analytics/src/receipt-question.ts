import {
  birthOfMessageId,
  fail,
  hourMs as hourLengthMs,
  hourOf,
  type KeyKind,
  messageIdLengthMax,
  ok,
  parseTime,
  type Result,
  type SoughtId,
  undatedBucketMs,
} from "@sluice/schema";
import { onlyKnown } from "./hour-range.ts";
import { invalid, type Problem } from "./problem.ts";

/** What became of an event: the id, and what narrows down where to look. */
export interface ReceiptQuestion {
  readonly messageId: string;
  /** The receipt whose copy of the event is asked about; `null` for any. */
  readonly receiptId: string | null;
  /** Both, unless one was named. */
  readonly keyKinds: readonly KeyKind[];
  /** Hours whose bucket may hold the id. */
  readonly bucketHours: readonly number[];
  /** Whether no other bucket can hold it, since the id itself says which: what the logs do not know is in no file then. */
  readonly isBucketSure: boolean;
  /** Hours whose files may hold the event, the likeliest first. */
  readonly eventHours: readonly number[];
  /** Hours whose files may hold its rejection, likewise. */
  readonly rejectedHours: readonly number[];
}

/** Receipt ids, and the ids that the server gives to events that have none: `{receipt id}-{index}`. */
const receiptPattern = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const serverIdPattern = /^([0-7][0-9A-HJKMNP-TV-Z]{25})-(\d{1,5})$/;
/** A rejection lies in the hour of its receipt: without that, so many hours from the event's on are looked through. */
const rejectedHoursAfter = 3;

/** Reads `GET /v1/receipts/:messageId?time=&receipt=&keyKind=`. */
export function receiptQuestion(messageId: string, search: URLSearchParams): Result<ReceiptQuestion, Problem> {
  if (messageId === "" || messageId.length > messageIdLengthMax) {
    return fail(invalid("messageId", `messageId must have 1 to ${messageIdLengthMax} characters.`));
  }
  const known = onlyKnown(search, ["time", "receipt", "keyKind", "project"]);
  if (!known.ok) return known;
  const time = search.get("time");
  const timeMs = time === null ? null : parseTime(time);
  if (time !== null && (timeMs === null || timeMs < 0)) {
    return fail(invalid("time", "time must be the event's own timestamp, ISO 8601."));
  }
  const receiptId = search.get("receipt");
  if (receiptId !== null && !receiptPattern.test(receiptId)) {
    return fail(invalid("receipt", "receipt must be a receipt id (26 characters)."));
  }
  const kind = search.get("keyKind");
  if (kind !== null && kind !== "public" && kind !== "server") {
    return fail(invalid("keyKind", "keyKind must be public or server."));
  }
  const places = placesOf(messageId, timeMs, receiptId);
  if (places === null) {
    const detail = "This id does not say when it was made: give time=… (the event's timestamp) or receipt=….";
    return fail(invalid("time", detail));
  }
  return ok({ messageId, receiptId, keyKinds: kind === null ? ["public", "server"] : [kind], ...places });
}

type Places = Pick<ReceiptQuestion, "bucketHours" | "isBucketSure" | "eventHours" | "rejectedHours">;

/** Where an event may lie, by the instants that its id, its time and its receipt state; `null` when there is none. */
function placesOf(messageId: string, timeMs: number | null, receiptId: string | null): Places | null {
  const maker = serverIdPattern.exec(messageId)?.[1] ?? null;
  const birthMs = birthOfMessageId(messageId);
  const receipts = [receiptId, maker].flatMap((id) => (id === null ? [] : (birthOfMessageId(id) ?? [])));
  const own = [timeMs, birthMs].filter((ms) => ms !== null);
  const instants = [...own, ...receipts];
  if (instants.length === 0) return null;
  const hours = instants.map(hourOf);
  const near = [...hours, ...hours.map((hour) => hour - hourLengthMs), ...hours.map((hour) => hour + hourLengthMs)];
  const rejected = receipts.length > 0 ? receipts.map(hourOf) : own.map(hourOf).flatMap(following);
  return {
    bucketHours: unique(birthMs === null ? [...hours, ...receipts.map(undatedBucketMs)] : [hourOf(birthMs)]),
    isBucketSure: birthMs !== null,
    eventHours: unique(near),
    rejectedHours: unique(rejected),
  };
}

function following(hour: number): readonly number[] {
  return Array.from({ length: rejectedHoursAfter }, (_, i) => hour + i * hourLengthMs);
}

function unique(hours: readonly number[]): readonly number[] {
  return [...new Set(hours)].filter((hour) => hour >= 0);
}

/** The ids to ask the logs for. */
export function soughtIds(question: ReceiptQuestion): readonly SoughtId[] {
  const { messageId: id, keyKinds, bucketHours } = question;
  return keyKinds.flatMap((keyKind) =>
    bucketHours.map((bucketHourMs) => ({ dataset: "events" as const, keyKind, id, bucketHourMs })),
  );
}
