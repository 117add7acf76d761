/*
 * Cloudflare's list prices in US dollars, and what the Workers Paid plan ($5 a month and account) includes.
 * Read from the documentation's own sources on 2026-11-20; nothing is rounded up to a billing unit.
 */

const workersUrl = "https://developers.cloudflare.com/workers/platform/pricing/";
const queuesUrl = "https://developers.cloudflare.com/queues/platform/pricing/";
const r2Url = "https://developers.cloudflare.com/r2/pricing/";
const objectsUrl = "https://developers.cloudflare.com/durable-objects/platform/pricing/";
const d1Url = "https://developers.cloudflare.com/d1/platform/pricing/";

/** One thing that is billed by the million. */
export interface Price {
  readonly service: string;
  readonly unit: string;
  readonly dollarsPerMillion: number;
  /** Units a month that the paid plan includes. */
  readonly included: number;
  readonly url: string;
}

/** Every unit that the pipeline uses. */
export const prices = {
  workerRequests: {
    service: "Workers",
    unit: "requests, crons and queue batches",
    dollarsPerMillion: 0.3,
    included: 10e6,
    url: workersUrl,
  },
  workerCpuMs: { service: "Workers", unit: "CPU, ms", dollarsPerMillion: 0.02, included: 30e6, url: workersUrl },
  queueOperations: {
    service: "Queues",
    unit: "operations",
    dollarsPerMillion: 0.4,
    included: 1e6,
    url: queuesUrl,
  },
  r2ClassA: { service: "R2", unit: "class A (put, list)", dollarsPerMillion: 4.5, included: 1e6, url: r2Url },
  r2ClassB: { service: "R2", unit: "class B (get, head)", dollarsPerMillion: 0.36, included: 10e6, url: r2Url },
  objectRequests: {
    service: "Durable Objects",
    unit: "calls and alarms",
    dollarsPerMillion: 0.15,
    included: 1e6,
    url: objectsUrl,
  },
  objectGbSeconds: {
    service: "Durable Objects",
    unit: "GB-seconds",
    dollarsPerMillion: 12.5,
    included: 400_000,
    url: objectsUrl,
  },
  objectRowsWritten: {
    service: "Durable Objects",
    unit: "rows written",
    dollarsPerMillion: 1,
    included: 50e6,
    url: objectsUrl,
  },
  objectRowsRead: {
    service: "Durable Objects",
    unit: "rows read",
    dollarsPerMillion: 0.001,
    included: 25e9,
    url: objectsUrl,
  },
  d1RowsWritten: { service: "D1", unit: "rows written", dollarsPerMillion: 1, included: 50e6, url: d1Url },
  d1RowsRead: { service: "D1", unit: "rows read", dollarsPerMillion: 0.001, included: 25e9, url: d1Url },
} as const satisfies Record<string, Price>;

/** A unit that is billed. */
export type Billed = keyof typeof prices;

/** An amount of every unit. */
export type Usage = Readonly<Record<Billed, number>>;

/** Units in the order of the table. */
export const billedUnits = Object.keys(prices) as readonly Billed[];

/** List price of an amount, in dollars. */
export function dollarsOf(unit: Billed, amount: number): number {
  return (amount / 1e6) * prices[unit].dollarsPerMillion;
}

/** List price of everything, in dollars, without the plan's allotments. */
export function listPrice(usage: Usage): number {
  return billedUnits.reduce((sum, unit) => sum + dollarsOf(unit, usage[unit]), 0);
}

/** What is paid beyond the plan's $5 when nothing else on the account uses the allotments, in dollars. */
export function priceBeyondPlan(usage: Usage): number {
  return billedUnits.reduce((sum, unit) => sum + dollarsOf(unit, Math.max(0, usage[unit] - prices[unit].included)), 0);
}
