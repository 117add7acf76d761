import { arrivalsOf, ArrivalTally, countStream, type HourArrivals } from "@sluice/schema";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MessageNumbers, type RequestNumbers } from "./message-numbers.ts";
import type { MessageNumber } from "./pack.ts";

const hourMs = 3_600_000;
const source = { project: "shop", source: "web" };

function newNumbers(): MessageNumbers {
  let ids = 0;
  return new MessageNumbers(() => `isolate-${++ids}`);
}

/** Numbers a message of so many events. */
function numberOf(request: RequestNumbers, events: number): MessageNumber {
  const number = request.nextNumber();
  expect(request.nextNumber()).toEqual(number);
  request.takeNumber(events);
  return number;
}

/** What a log makes of messages that it has seen. */
function seen(messages: readonly { number: MessageNumber; events: number; receivedAtMs: number }[]): HourArrivals {
  const tally = new ArrivalTally();
  for (const { number, events, receivedAtMs } of messages) {
    const { stream, ...rest } = number;
    const streams = arrivalsOf({ ...rest, source: "web", receivedAtMs, stream: { ...stream, events } });
    tally.add({ streams, untracked: [] });
  }
  return tally.arrivals();
}

test("Q70: numbers grow by one for each source and hour, and tell the events before", () => {
  const numbers = newNumbers();
  const web = numbers.forRequest({ ...source, receivedAtMs: 0 });
  expect(numberOf(web, 5)).toMatchObject({ sequence: 1, stream: { eventsBefore: 0, previous: null } });
  expect(numberOf(web, 2)).toMatchObject({ sequence: 2, stream: { eventsBefore: 5 } });
  const app = numbers.forRequest({ project: "shop", source: "app", receivedAtMs: 0 });
  expect(numberOf(app, 1)).toMatchObject({ sequence: 1, stream: { eventsBefore: 0 } });
  const next = numbers.forRequest({ ...source, receivedAtMs: hourMs });
  expect(numberOf(next, 1)).toMatchObject({
    sequence: 1,
    stream: { eventsBefore: 0, previous: { hourMs: 0, messages: 2, events: 7, voided: [] } },
  });
});

test("Q70: a request of the hour before, answered late, goes on with the numbers of its hour", () => {
  const numbers = newNumbers();
  numberOf(numbers.forRequest({ ...source, receivedAtMs: 0 }), 1);
  numberOf(numbers.forRequest({ ...source, receivedAtMs: hourMs }), 1);
  expect(numberOf(numbers.forRequest({ ...source, receivedAtMs: 1 }), 1)).toMatchObject({ sequence: 2 });
});

test("Q70: a clock that goes back by hours, or ten thousand sources, begin a new isolate id and repeat no number", () => {
  const numbers = newNumbers();
  const numberAt = (receivedAtMs: number, name = "web"): string => {
    const { isolateId, sequence } = numberOf(numbers.forRequest({ project: "shop", source: name, receivedAtMs }), 1);
    return `${isolateId} ${name} ${Math.floor(receivedAtMs / hourMs)} ${sequence}`;
  };
  const given = [numberAt(0), numberAt(5 * hourMs), numberAt(0), numberAt(0), numberAt(5 * hourMs)];
  for (let i = 0; i < 10_001; i++) given.push(numberAt(5 * hourMs, `s${i}`));
  given.push(numberAt(5 * hourMs));
  expect(new Set(given).size).toBe(given.length);
});

test("Q70: messages answered with 503 are told of until a message that is durable has told them", () => {
  const numbers = newNumbers();
  const lost = numbers.forRequest({ ...source, receivedAtMs: 0 });
  numberOf(lost, 3);
  numberOf(lost, 4);
  lost.settle(false);
  const voided = [
    { sequence: 1, events: 3 },
    { sequence: 2, events: 4 },
  ];
  const again = numbers.forRequest({ ...source, receivedAtMs: 0 });
  expect(numberOf(again, 1).stream.voided).toEqual(voided);
  again.settle(false);
  const later = numbers.forRequest({ ...source, receivedAtMs: hourMs });
  expect(numberOf(later, 1).stream.previous?.voided).toEqual([...voided, { sequence: 3, events: 1 }]);
  later.settle(true);
  expect(numberOf(numbers.forRequest({ ...source, receivedAtMs: hourMs }), 1).stream.previous?.voided).toEqual([]);
});

test("Q71: whatever arrives, in any order and repeated, the events of what was answered 200 are known up to the last number", () => {
  const request = fc.record({
    hour: fc.constantFrom(0, 0, 0, 1),
    events: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
    fate: fc.constantFrom("arrives", "arrives", "twice", "late", "refused", "refused but arrives"),
  });
  fc.assert(
    fc.property(
      fc.array(request, { minLength: 1, maxLength: 30 }),
      fc.array(fc.nat(), { minLength: 200, maxLength: 200 }),
      (requests, ranks) => {
        const numbers = newNumbers();
        const arrived: { number: MessageNumber; events: number; receivedAtMs: number }[] = [];
        const late: typeof arrived = [];
        let expected = 0;
        for (const { hour, events, fate } of requests) {
          const receivedAtMs = hour * hourMs;
          const numbered = numbers.forRequest({ ...source, receivedAtMs });
          for (const count of events) {
            const message = { number: numberOf(numbered, count), events: count, receivedAtMs };
            if (fate !== "refused") expected += count;
            if (fate === "arrives" || fate === "twice" || fate === "refused but arrives") arrived.push(message);
            if (fate === "twice") arrived.push(message);
            if (fate === "late") late.push(message);
          }
          numbered.settle(!fate.startsWith("refused"));
        }
        // The last words of both hours: they tell of everything before.
        for (const receivedAtMs of [0, hourMs]) {
          const last = numbers.forRequest({ ...source, receivedAtMs });
          arrived.push({ number: numberOf(last, 0), events: 0, receivedAtMs });
          last.settle(true);
        }
        const ranked = arrived.map((message, i) => ({ message, rank: ranks[i] ?? 0 }));
        const shuffled = ranked.sort((a, b) => a.rank - b.rank).map(({ message }) => message);
        const streams = seen(shuffled).streams.map(countStream);
        // A message on its way may be the one that tells of refused ones: until it comes they are missed as well.
        const known = streams.reduce((sum, { events }) => sum + events, 0);
        if (late.length === 0 || requests.every(({ fate }) => !fate.startsWith("refused")))
          expect(known).toBe(expected);
        else expect(known).toBeGreaterThanOrEqual(expected);
        const missing = streams.reduce((sum, { missingMessages }) => sum + missingMessages, 0);
        expect(missing).toBeGreaterThanOrEqual(late.length);
        const whole = seen([...shuffled, ...late]).streams.map(countStream);
        expect(whole.reduce((sum, { events }) => sum + events, 0)).toBe(expected);
        expect(whole.every(({ missingMessages }) => missingMessages === 0)).toBe(true);
      },
    ),
  );
});
