import { eventWithType, judgeEvent } from "@sluice/schema";
import { describe, expect, test } from "vitest";
import { documentsOf, openRequest, readable, recordings } from "../testing/recordings.ts";
import { rowOf } from "./row.ts";

describe.each(recordings())("recorded from $recordedFrom", (recording) => {
  test.each(recording.requests)("L32: $path at $receivedAt becomes the documented rows", (request) => {
    const { events, receipt } = openRequest(recording, request);
    const rows = events.map((event, index) => {
      expect(judgeEvent(eventWithType(event, receipt.impliedType)).ok).toBe(true);
      return rowOf(event, receipt, index);
    });
    expect(rows.map(readable)).toEqual(request.rows);
    expect(rows).toMatchObject(events.map((event) => documentsOf(event, receipt)));
  });
});

test("L32: the recordings cover a browser and a server SDK of each maker, and all six calls", () => {
  const all = recordings();
  expect(all.map(({ recordedFrom }) => recordedFrom).toSorted()).toEqual([
    "@rudderstack/analytics-js@3.34.1",
    "@rudderstack/rudder-sdk-node@3.0.13",
    "@segment/analytics-next@1.84.3",
    "@segment/analytics-node@3.1.0",
  ]);
  const types = all.flatMap(({ requests }) => requests.flatMap(({ rows }) => rows.map((row) => row["type"])));
  expect(new Set(types)).toEqual(new Set(["track", "identify", "page", "screen", "group", "alias"]));
});
