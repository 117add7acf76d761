/*
 * `node bench/rows.ts`: what one event costs on its way from a parsed body to a part of the lake: its place,
 * its row, and the row's share of a Parquet file. Beside it the floor of the same run: parsing an event's JSON
 * and writing it again. Figures are medians of CPU time, garbage collection included, so that a busy machine hardly matters.
 */
import { encodeEvents, placeOf, rowOf } from "@sluice/lake";
import { isObject, type Json, type JsonObject, type Receipt } from "@sluice/schema";
import { formatTable } from "../tools/terminal/table.ts";
import { requestBody } from "./ingest/events.ts";
import { userAgents } from "./rows/user-agents.ts";

const eventCount = 10_000;
/** Events of one request: its receipt is shared by so many. */
const batchSize = 50;
const rounds = 15;

const events = eventsOfBody();
const receipts = Array.from({ length: eventCount / batchSize }, (_, index) => receiptOf(index));
const texts = events.map((event) => JSON.stringify(event));
const rows = deriveAll(rowOf);
const stages: readonly (readonly [string, () => unknown])[] = [
  ["floor: JSON.parse", () => texts.map((text) => JSON.parse(text) as unknown)],
  ["floor: JSON.stringify", () => events.map((event) => JSON.stringify(event))],
  ["placeOf", () => deriveAll(placeOf)],
  ["rowOf", () => deriveAll(rowOf)],
  ["encodeEvents", () => encodeEvents(rows, { birthId: "bench", logSequence: 1 })],
];

const costs = measure();
const floor = (costs.get("floor: JSON.parse") ?? 0) + (costs.get("floor: JSON.stringify") ?? 0);
const table = [...costs].map(([name, cost]) => [name, cost.toFixed(2), (cost / floor).toFixed(2)]);
console.log(`${eventCount} events, ${averageLength(texts)} characters of JSON each`);
console.log(formatTable(["stage", "CPU µs per event", "× floor (parse + stringify)"], table));

/** Median cost of each stage, µs per event. Stages take turns, so that a busy moment of the machine hits all of them. */
function measure(): Map<string, number> {
  const samples = new Map(stages.map(([name]) => [name, [] as number[]]));
  for (let round = -3; round < rounds; round++) {
    for (const [name, run] of stages) {
      const start = process.cpuUsage();
      run();
      const { user, system } = process.cpuUsage(start);
      const cost = (user + system) / eventCount;
      if (round >= 0) samples.get(name)?.push(cost); // earlier rounds warm up
    }
  }
  return new Map([...samples].map(([name, costs]) => [name, median(costs)]));
}

function deriveAll<Derived>(derive: (raw: JsonObject, receipt: Receipt, index: number) => Derived): Derived[] {
  return events.map((event, index) => {
    const receipt = receipts[Math.floor(index / batchSize)];
    if (receipt === undefined) throw new Error("a receipt for every batch");
    return derive(event, receipt, index % batchSize);
  });
}

/** The events as the consumer gets them: parsed from the text of their request. */
function eventsOfBody(): JsonObject[] {
  const body = JSON.parse(requestBody(eventCount, "key", false).toString()) as { batch: Json[] };
  return body.batch.filter(isObject);
}

function receiptOf(index: number): Receipt {
  return {
    receiptId: `01KAG2X9YM${String(index).padStart(16, "0")}`,
    receivedAtMs: Date.UTC(2026, 0, 1, 0, 0, 5),
    isolateId: "isolate",
    sequence: index,
    project: "shop",
    source: "web",
    keyKind: "public",
    keySerial: 1,
    sentAtMs: Date.UTC(2026, 0, 1, 0, 0, 4),
    clockOffsetMs: 120,
    geo: { country: "AT", region: "9", city: "Vienna" },
    ip: "192.0.2.0",
    userAgent: userAgents[index % userAgents.length] ?? null,
    impliedType: null,
    firstIndex: 0,
    eventCount: batchSize,
    rejected: [],
    rulesVersion: 1,
  };
}

function averageLength(texts: readonly string[]): number {
  return Math.round(texts.reduce((sum, text) => sum + text.length, 0) / texts.length);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
