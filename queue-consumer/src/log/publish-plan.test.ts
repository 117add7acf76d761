import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { refusalOf } from "./append-plan.ts";
import {
  armAheadMsMax,
  databaseBytesMax,
  growRowsMin,
  partRowsMax,
  pendingSegmentsMax,
  publicOldHoursPerTickMax,
} from "./limits.ts";
import { type PendingHour, PendingHours } from "./pending-hours.ts";
import {
  choosePart,
  dueHours,
  judgeStored,
  nextTickMs,
  partPrefix,
  partSizeAfter,
  partSizeMax,
  type PartState,
} from "./publish-plan.ts";

const hour = 3_600_000;
const nowMs = 1000 * hour;
const policy = { publishMs: 300_000, publishOldMs: hour, publishOldRows: 1000 };

function waiting(fields: Partial<PendingHour> & { hourMs: number }): PendingHour {
  return { dataset: "events", rows: 1, serverRows: 1, firstTakenAtMs: nowMs, segments: [], ...fields };
}

test("Q21: recent hours are published at every tick, older ones when they are many, all when one of them has waited long", () => {
  const recent = waiting({ hourMs: nowMs - 3 * hour });
  const old = waiting({ hourMs: nowMs - 4 * hour });
  const many = waiting({ hourMs: nowMs - 5 * hour, rows: 1000 });
  const long = waiting({ hourMs: nowMs - 6 * hour, firstTakenAtMs: nowMs - hour });
  expect(dueHours([many, old, recent], nowMs, policy)).toEqual([many, recent]);
  expect(dueHours([long, many, old, recent], nowMs, policy)).toEqual([long, many, old, recent]);
  expect(nextTickMs([old], nowMs, policy)).toBe(nowMs + hour);
  expect(nextTickMs([old, many], nowMs, policy)).toBe(nowMs + 300_000);
  expect(nextTickMs([], nowMs, policy)).toBeNull();
});

test("Q22: one tick publishes a bounded number of old hours of each public key, and holds up no other key's", () => {
  const of = (hourMs: number, ...publicKeys: string[]): PendingHour => {
    const size = { rows: 1, serverRows: 0, textLength: 1, at: 0, bytes: 1 };
    const segment = { dataset: "events", hourMs, publicKeys, ...size } as const;
    const segments = [{ sequence: 1, table: 1, takenAtMs: 0, segment }];
    return waiting({ hourMs, firstTakenAtMs: 0, serverRows: 0, segments });
  };
  const invented = Array.from({ length: 100 }, (_, i) => of(i * hour, "web.1"));
  const shared = of(150 * hour, "web.1", "app.1");
  const others = Array.from({ length: 70 }, (_, i) => of((200 + i) * hour, "app.1"));
  const server = waiting({ hourMs: 300 * hour, firstTakenAtMs: 0 });
  expect(dueHours([...invented, shared, ...others, server], nowMs, policy)).toEqual([
    ...invented.slice(0, publicOldHoursPerTickMax),
    shared,
    ...others.slice(0, publicOldHoursPerTickMax - 1),
    server,
  ]);
});

const confirmed: PartState = {
  part: 3,
  closed: false,
  etag: "e",
  rows: 600,
  textLength: 6000,
  bytes: 600,
  sequence: 7,
};

test("Q8: a part grows up to six times the waiting rows, within its bounds, and never when it is closed", () => {
  expect(choosePart(null, { rows: 1, textLength: 10 }, partSizeMax)).toEqual({ part: 0, grows: false });
  expect(choosePart(confirmed, { rows: 100, textLength: 10 }, partSizeMax)).toEqual({ part: 3, grows: true });
  expect(choosePart(confirmed, { rows: 99, textLength: 10 }, partSizeMax)).toEqual({ part: 4, grows: false });
  expect(choosePart(confirmed, { rows: partRowsMax - 599, textLength: 10 }, partSizeMax)).toEqual({
    part: 4,
    grows: false,
  });
  expect(choosePart({ ...confirmed, closed: true }, { rows: 100, textLength: 10 }, partSizeMax)).toEqual({
    part: 4,
    grows: false,
  });
  expect(choosePart({ ...confirmed, etag: null }, { rows: 1, textLength: 10 }, partSizeMax)).toEqual({
    part: 3,
    grows: false,
  });
  expect(choosePart(confirmed, { rows: 100, textLength: partSizeMax.textLength }, partSizeMax)).toEqual({
    part: 4,
    grows: false,
  });
  expect(() => choosePart({ ...confirmed, part: 9999 }, { rows: 1, textLength: 1 }, partSizeMax)).toThrow("parts");
});

test("Q99: an alarm that is not set as it is too far ahead is set by cron in time", () => {
  const config = readFileSync(new URL("../../wrangler.jsonc", import.meta.url), "utf8");
  const cronMinutes = Number(/"crons": \["\*\/(\d+) \* \* \* \*"\]/.exec(config)?.[1]);
  expect(cronMinutes * 60_000).toBeLessThan(armAheadMsMax);
  const publishSeconds = Number(/"PUBLISH_SECONDS": "(\d+)"/.exec(config)?.[1]);
  expect(publishSeconds * 1000).toBeLessThan(armAheadMsMax);
});

test("Q97: a part that stays small grows whatever waits", () => {
  const small = { ...confirmed, rows: growRowsMin - 1 };
  expect(choosePart(small, { rows: 1, textLength: 10 }, partSizeMax)).toEqual({ part: 3, grows: true });
  expect(choosePart(small, { rows: 2, textLength: 10 }, partSizeMax)).toEqual({ part: 4, grows: false });
  const max = { rows: growRowsMin - 1, textLength: partSizeMax.textLength };
  expect(choosePart(small, { rows: 1, textLength: 10 }, max)).toEqual({ part: 4, grows: false });
});

test("Q7: an object at a part's key is adopted, left or planned again by what it says of itself", () => {
  const log = { birthId: "me", lastSequence: 9 };
  const plan = { sha256: "planned", bytes: 100 };
  const own = { etag: "x", bytes: 100, sha256: "planned", birthId: "me", sequence: 8, rows: 5, textLength: 50 };
  const fresh = { etag: null, sequence: 0 };
  expect(judgeStored(own, fresh, log, plan)).toBe("adopt");
  expect(judgeStored(null, fresh, log, plan)).toBe("unchanged");
  expect(judgeStored({ ...own, etag: "e" }, confirmed, log, plan)).toBe("unchanged");
  expect(judgeStored({ ...own, birthId: "other" }, fresh, log, plan)).toBe("foreign");
  expect(judgeStored({ ...own, birthId: null }, fresh, log, plan)).toBe("foreign");
  // A PUT of an earlier plan that arrived late: its blocks are this log's.
  expect(judgeStored({ ...own, sha256: "earlier" }, fresh, log, plan)).toBe("adopt");
  // Blocks that this log never wrote, or fewer than were confirmed: its storage or the object was set back.
  expect(judgeStored({ ...own, sha256: "other", sequence: 10 }, fresh, log, plan)).toBe("foreign");
  expect(judgeStored({ ...own, sha256: "other", sequence: 6 }, confirmed, log, plan)).toBe("foreign");
  expect(judgeStored(null, confirmed, log, plan)).toBe("foreign");
});

test("Q19: a log refuses at 8 GB, and when too much waits for publication", () => {
  expect(refusalOf({ databaseBytes: databaseBytesMax - 1, pendingSegments: 0 })).toBeNull();
  expect(refusalOf({ databaseBytes: databaseBytesMax, pendingSegments: 0 })).toBe("full");
  expect(refusalOf({ databaseBytes: 0, pendingSegments: pendingSegmentsMax })).toBe("overloaded");
});

test("Q22: a part takes a prefix of the waiting blocks, so that one sequence says what is published", () => {
  const pending = new PendingHours();
  const segment = {
    dataset: "events",
    hourMs: 0,
    rows: 9000,
    serverRows: 0,
    publicKeys: [],
    textLength: 1,
    at: 0,
    bytes: 1,
  } as const;
  for (let sequence = 1; sequence <= 5; sequence++)
    pending.add(sequence, 1, { takenAtMs: sequence, segments: [segment] });
  const first = pending.hour("events", 0);
  if (first === null) throw new Error("nothing waits");
  expect(partPrefix(first, partSizeMax).map((entry) => entry.sequence)).toEqual([1, 2]);
  pending.confirm("events", 0, 2);
  expect(pending.hour("events", 0)).toMatchObject({ rows: 27_000, firstTakenAtMs: 3 });
  expect([...pending.tables()]).toEqual([1]);
  pending.confirm("events", 0, 5);
  expect(pending.rows + pending.segments + pending.hours().length + pending.tables().size).toBe(0);
});

test("Q59: a log that died while it published makes parts of half the size, down to a sixteenth", () => {
  expect(partSizeAfter(0)).toEqual(partSizeMax);
  expect(partSizeAfter(1)).toEqual({ rows: partSizeMax.rows / 2, textLength: partSizeMax.textLength / 2 });
  expect(partSizeAfter(50)).toEqual({ rows: partSizeMax.rows / 16, textLength: partSizeMax.textLength / 16 });
});
