import fc from "fast-check";
import { expect, test } from "vitest";
import {
  arrivalsOf,
  ArrivalTally,
  countStream,
  joinArrivals,
  type NumberedMessage,
  runsPerStreamMax,
} from "./arrivals.ts";

const message: NumberedMessage = {
  isolateId: "i",
  source: "web",
  receivedAtMs: 3_600_000,
  sequence: 1,
  stream: { events: 2, eventsBefore: 0, voided: [], previous: null },
};

/** A message with another number, of one event each. */
function numbered(sequence: number): NumberedMessage {
  return { ...message, sequence, stream: { events: 1, eventsBefore: sequence - 1, voided: [], previous: null } };
}

test("Q71: any set of messages gives the same stream in any order and with any repetition", () => {
  const sequences = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(sequences, (list) => {
      const tally = new ArrivalTally();
      for (const sequence of list) tally.add({ streams: arrivalsOf(numbered(sequence)), untracked: [] });
      const ordered = [...new Set(list)].sort((a, b) => a - b);
      const once = new ArrivalTally();
      for (const sequence of ordered) once.add({ streams: arrivalsOf(numbered(sequence)), untracked: [] });
      expect(tally.arrivals()).toEqual(once.arrivals());
      const [stream] = tally.arrivals().streams;
      if (stream === undefined) throw new Error("no stream");
      const highest = Math.max(...list);
      expect(countStream(stream)).toEqual({ events: highest, missingMessages: highest - ordered.length });
      expect(joinArrivals(stream, stream)).toEqual(stream);
    }),
  );
});

test("Q72: numbers that are none are not counted, and a stream stays bounded whatever comes", () => {
  const { stream } = message;
  if (stream === undefined) throw new Error("no stream");
  const hostile: unknown[] = [
    { ...message, sequence: 0 },
    { ...message, sequence: 1.5 },
    { ...message, sequence: "1" },
    { ...message, isolateId: "x".repeat(1000) },
    { ...message, stream: { ...stream, eventsBefore: -1 } },
    { ...message, stream: { ...stream, events: Number.NaN } },
    { ...message, stream: { ...stream, voided: "all" } },
    { ...message, stream: { ...stream, voided: [null] } },
    { ...message, stream: { ...stream, voided: Array.from({ length: 2000 }, () => ({ sequence: 1, events: 1 })) } },
    { ...message, stream: { ...stream, previous: { hourMs: 0, messages: {}, events: 1, voided: [] } } },
  ];
  for (const entry of hostile) expect(arrivalsOf(entry as NumberedMessage)).toEqual([]);
  const elsewhere = { hourMs: 0.5, messages: 9, events: 9, voided: [] };
  expect(arrivalsOf({ ...message, stream: { ...stream, previous: elsewhere } })).toHaveLength(1);
  const tally = new ArrivalTally();
  for (let i = 0; i < 3 * runsPerStreamMax; i++) {
    tally.add({ streams: arrivalsOf(numbered(2 * i + 1)), untracked: [] });
  }
  const [kept] = tally.arrivals().streams;
  expect(kept?.runs).toHaveLength(runsPerStreamMax);
  expect(kept?.runs[0]?.[0]).toBe(1);
  expect(kept?.events).toBe(6 * runsPerStreamMax - 1);
});
