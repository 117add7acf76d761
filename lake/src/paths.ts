import { type Dataset, hourMs as hourLengthMs, isName } from "@sluice/schema";

/** Where a part of the lake belongs. */
export interface PartPlace {
  readonly dataset: Dataset;
  readonly project: string;
  /** Start of the hour, ms. */
  readonly hourMs: number;
  readonly shard: number;
  /** Number of the part within hour and shard, from 0. */
  readonly part: number;
}

const dayLengthMs = 24 * hourLengthMs;
/** Years 1970 to 9999: what `dt=YYYY-MM-DD` can say of a time since 1970. */
const timeMsMax = Date.UTC(9999, 11, 31, 23);
const keyPattern =
  /^(events|rejected)\/project=([^/]+)\/dt=(\d{4}-\d{2}-\d{2})\/hour=(\d{2})\/part-(\d{5,9})-(\d{4,9})\.parquet$/;

/**
 * Key of a part in R2: `events/project=P/dt=YYYY-MM-DD/hour=HH/part-SSSSS-NNNN.parquet`.
 *
 * @throws when the place is none (an hour that is not whole, a bad project name, a negative number).
 */
export function partKey(place: PartPlace): string {
  const { hourMs, shard, part } = place;
  assertPlace(Number.isInteger(hourMs / hourLengthMs) && hourMs >= 0 && hourMs <= timeMsMax, "hour");
  assertPlace(Number.isInteger(shard) && shard >= 0 && shard < 1e9, "shard");
  assertPlace(Number.isInteger(part) && part >= 0 && part < 1e9, "part");
  const hour = new Date(hourMs).toISOString().slice(11, 13);
  const name = `part-${String(shard).padStart(5, "0")}-${String(part).padStart(4, "0")}.parquet`;
  return `${dayPrefix(place.dataset, place.project, hourMs - (hourMs % dayLengthMs))}hour=${hour}/${name}`;
}

/** The place of a key that {@link partKey} makes, else `null`. */
export function parsePartKey(key: string): PartPlace | null {
  const match = keyPattern.exec(key);
  if (match === null) return null;
  const [, dataset, project = "", day = "", hour = "", shard = "", part = ""] = match;
  const hourMs = Date.parse(`${day}T${hour}:00:00.000Z`);
  if (Number.isNaN(hourMs) || hourMs < 0 || !isName(project)) return null;
  const place: PartPlace = {
    dataset: dataset === "rejected" ? "rejected" : "events",
    project,
    hourMs,
    shard: Number(shard),
    part: Number(part),
  };
  return partKey(place) === key ? place : null;
}

/** Prefix of all parts of a project's UTC day, which `dayMs` is the start of. */
export function dayPrefix(dataset: Dataset, project: string, dayMs: number): string {
  assertPlace(isName(project), "project");
  assertPlace(Number.isInteger(dayMs / dayLengthMs) && dayMs >= 0 && dayMs <= timeMsMax, "day");
  return `${dataset}/project=${project}/dt=${new Date(dayMs).toISOString().slice(0, 10)}/`;
}

function assertPlace(holds: boolean, what: string): void {
  if (!holds) throw new RangeError(`no such ${what} in the lake`);
}
