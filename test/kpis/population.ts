import { type Row, rowOf } from "@sluice/lake";
import type { JsonObject, Receipt } from "@sluice/schema";
import { between, chance, pick, type Random, randomOf } from "../../tools/demo/random.ts";

/*
 * A made-up population whose numbers are hard to count: people with several devices, devices with several people, logins
 * long after the first visit, aliases in chains, bots, three currencies, days that begin at any quarter hour, and two
 * changes of clocks.
 */

/** How large a population is. */
export interface PopulationSize {
  readonly users: number;
  readonly events: number;
}

/** Days of the population, from 2026-02-15 on: clocks change in New York on March 8, in Berlin on March 29. */
export const populationDays = 60;
export const populationFromMs = Date.UTC(2026, 1, 15);
const dayMs = 86_400_000;
const quarterMs = 900_000;

const receipt: Receipt = {
  receiptId: "01KAG2X9YM0000000000000000",
  receivedAtMs: populationFromMs,
  isolateId: "isolate",
  sequence: 1,
  project: "shop",
  source: "web",
  keyKind: "server",
  keySerial: 1,
  sentAtMs: null,
  clockOffsetMs: null,
  geo: { country: null, region: null, city: null },
  ip: null,
  userAgent: null,
  impliedType: null,
  firstIndex: 0,
  eventCount: 1,
  rejected: [],
  rulesVersion: 1,
};

const names = [
  "Product Viewed",
  "Product Added",
  "Promotion Viewed",
  "Promotion Clicked",
  "Ad Impression",
  "Ad Clicked",
  "Signed Up",
  "😀 \ue000",
] as const;
const countries = ["DE", "IN", "NP", "US", null] as const;
const currencies = ["EUR", "USD", "JPY", null] as const;

/** The rows of a population, ordered by time; the same for a size. */
export function populationRows({ users, events }: PopulationSize): Row[] {
  const random = randomOf(`population ${users} ${events}`);
  const rows: Row[] = [];
  const add = (event: JsonObject, timeMs: number, of: Partial<Receipt>): void => {
    const messageId = `m-${(rows.length * 7919) % events}-${rows.length}`;
    rows.push(rowOf({ ...event, messageId, timestamp: new Date(timeMs).toISOString() }, { ...receipt, ...of }, 0));
  };
  for (let user = 0; rows.length < events; user = (user + 1) % users) {
    const person = personOf(user, users);
    const timeMs = momentOf(random);
    const country = pick(random, countries);
    const isBot = user % 33 === 0 && chance(random, 0.5);
    const of: Partial<Receipt> = {
      keyKind: chance(random, 0.8) ? "public" : "server",
      receivedAtMs: timeMs + 60_000,
      geo: { country, region: null, city: null },
      userAgent: isBot ? "Mozilla/5.0 (compatible; Googlebot/2.1)" : null,
    };
    const anonymousId = pick(random, person.devices);
    const isLoggedIn = person.userId !== null && timeMs >= person.loginMs;
    const ids: JsonObject =
      isLoggedIn && chance(random, 0.7) ? { anonymousId, userId: person.userId } : { anonymousId };
    if (isLoggedIn && chance(random, 0.1)) add({ type: "identify", anonymousId, userId: person.userId }, timeMs, of);
    else if (isLoggedIn && chance(random, 0.02))
      add(aliasOf(random, person.userId ?? "", anonymousId, user, users), timeMs, of);
    else add({ ...eventOf(random), ...ids }, timeMs, of);
  }
  return rows.sort((a, b) => a.time - b.time);
}

interface Person {
  readonly devices: readonly [string, ...string[]];
  readonly userId: string | null;
  readonly loginMs: number;
}

/** Every third person never logs in; every tenth device is that of the person before as well. */
function personOf(user: number, users: number): Person {
  const own = randomOf(`person ${user} ${users}`);
  const devices: Person["devices"] = [
    `a${user}`,
    ...(chance(own, 0.3) ? [`b${user}`] : []),
    ...(chance(own, 0.1) ? [`a${user - 1}`] : []),
  ];
  const loginMs = populationFromMs + between(own, 0, populationDays * 100) * (dayMs / 100);
  return { devices, userId: user % 3 === 0 ? null : `u${user}`, loginMs };
}

/** Half of all events lie within a quarter hour of the beginning of some zone's day, the others in a few hours. */
function momentOf(random: Random): number {
  const startMs = populationFromMs + between(random, 0, populationDays - 1) * dayMs;
  if (chance(random, 0.5))
    return startMs + pick(random, [1, 9, 15] as const) * 3_600_000 + between(random, 0, 3_599_999);
  const midnights = [0, 18.25, 18.5, 22, 23, 4, 5] as const;
  return startMs + pick(random, midnights) * 3_600_000 + pick(random, [-1, 0, 1, quarterMs - 1, -quarterMs] as const);
}

function aliasOf(random: Random, userId: string, anonymousId: string, user: number, users: number): JsonObject {
  const others = [anonymousId, `u${(user + 1) % users}`, `a${(user + 7) % users}`, userId] as const;
  return { type: "alias", userId, anonymousId, previousId: pick(random, others) };
}

function eventOf(random: Random): JsonObject {
  if (chance(random, 0.35)) return { type: chance(random, 0.9) ? "page" : "screen" };
  if (chance(random, 0.03)) return { type: "group", groupId: "g" };
  if (chance(random, 0.2)) {
    const revenue = `${between(random, 0, 400)}.${between(random, 10, 99)}`;
    const properties = { revenue: chance(random, 0.95) ? revenue : null, currency: pick(random, currencies) };
    return { type: "track", event: chance(random, 0.85) ? "Order Completed" : "Order Refunded", properties };
  }
  return { type: "track", event: pick(random, names), properties: {} };
}
