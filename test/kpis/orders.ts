import { randomOf, shuffled } from "../../analytics/testing/rows.ts";
import { type Made, madeBy } from "./made.ts";
import type { Population } from "./population.ts";
import type { KpiWorld } from "./world.ts";

/*
 * Orders of arrival. In each, some messages are delivered twice, some events are sent again in other messages, and all of
 * it is published and rolled up several times on the way, so that parts grow and days are built again.
 */

/** Deliveries that happen twice, as a share. */
const redelivered = 0.05;
/** Messages that come days late in the orders that are not wholly random, as a share. */
const late = 0.1;
/** How often what has arrived is rolled up. */
const rounds = 3;

/** What happened on the way of one order. */
export interface Fed {
  readonly made: Made;
  readonly deliveries: number;
}

/**
 * Feeds a population in the order of a seed: 0 is the order in which it happened, 1 the reverse; of the others every second
 * one is random, and the rest mostly in order, some messages late by days.
 */
export async function feed(world: KpiWorld, population: Population, seed: number): Promise<Fed> {
  const deliveries = orderOf(population, seed);
  const size = Math.ceil(deliveries.length / rounds);
  for (let start = 0; start < deliveries.length; start += size) {
    await world.take(deliveries.slice(start, start + size));
    await world.rollUp();
  }
  await world.buildBehaviour();
  return { made: await madeBy(world), deliveries: deliveries.length };
}

function orderOf({ messages, resent }: Population, seed: number): Uint8Array[] {
  const random = randomOf(seed);
  const all = [...messages, ...resent];
  const twice = all.filter(() => random() < redelivered);
  if (seed === 0) return [...all, ...twice];
  if (seed === 1) return [...twice, ...all].reverse();
  if (seed % 2 === 0) return shuffled([...all, ...twice], random);
  const delayed = new Set(messages.filter(() => random() < late));
  const inTime = messages.filter((message) => !delayed.has(message));
  return [...inTime, ...shuffled([...delayed, ...resent, ...twice], random)];
}
