import { arrivalsOf, ArrivalTally, type HourArrivals, type LedgerRow } from "@sluice/schema";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ledgerAnswer } from "./ledger-answer.ts";

const hour = 3_600_000;
const range = { fromMs: 0, toMs: 24 * hour };

/** What a log knows after it has seen these messages, of ten events each. */
function seen(sequences: readonly number[], isolateId = "i"): HourArrivals {
  const tally = new ArrivalTally();
  for (const sequence of sequences) {
    const stream = { events: 10, eventsBefore: (sequence - 1) * 10, voided: [], previous: null };
    tally.add({ streams: arrivalsOf({ isolateId, source: "web", receivedAtMs: 0, sequence, stream }), untracked: [] });
  }
  return tally.arrivals();
}

function taken(stored: number, duplicate = 0, source = "web"): LedgerRow {
  return { source, hourMs: 0, received: stored + duplicate, stored, duplicate, rejected: 0 };
}

test("A40: shards that see parts of the same messages count each message once, and what one of them lacks is in flight", () => {
  // Message 1 is whole, 2 came to the first shard only (4 of its 10 events), 3 to none, 4 to the second only (6 of 10).
  const facts = { rows: [taken(8), taken(12)], arrivals: [seen([1, 2]), seen([1, 4])], unpublished: 0 };
  const answer = ledgerAnswer("shop", range, null, facts, hour);
  expect(answer.rows).toEqual([
    {
      source: "web",
      hour: "1970-01-01T00:00:00.000Z",
      received: 40,
      stored: 20,
      duplicate: 0,
      rejected: 0,
      inFlight: 20,
      suspectedLost: 0,
      missingMessages: 1,
    },
  ]);
});

test("A40: it balances whatever the logs say, at every age, and the totals are the sums of the rows", () => {
  const count = fc.nat(1000);
  const row = fc.record({
    source: fc.constantFrom("web", "app", "__proto__"),
    hourMs: fc.constantFrom(0, hour),
    received: count,
    stored: count,
    duplicate: count,
    rejected: count,
  });
  const arrivals = fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 10 }).map((list) => seen(list));
  const facts = fc.record({
    rows: fc.array(row, { maxLength: 6 }),
    arrivals: fc.array(arrivals, { maxLength: 3 }),
    unpublished: count,
  });
  fc.assert(
    fc.property(facts, fc.integer({ min: 0, max: 400 }), (given, days) => {
      const answer = ledgerAnswer("shop", range, null, given, days * 24 * hour);
      for (const part of [...answer.rows, answer.totals]) {
        const { received, stored, duplicate, rejected, inFlight, suspectedLost } = part;
        expect(received).toBe(stored + duplicate + rejected + inFlight + (suspectedLost ?? 0));
        expect(Math.min(inFlight, suspectedLost ?? 0)).toBe(0);
      }
      const received = answer.rows.reduce((sum, part) => sum + part.received, 0);
      expect(answer.totals.received).toBe(received);
    }),
  );
});
