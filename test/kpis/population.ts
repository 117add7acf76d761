import type { JsonObject, Receipt } from "@sluice/schema";
import { between, chance, pick, type Random, randomOf, ulidAt } from "../../tools/demo/random.ts";
import { queueMessage } from "../ledger/world.ts";

/*
 * A made-up population whose numbers are hard to count: people with several devices, devices with several people, logins
 * long after the first visit, aliases in chains, bots, three currencies, days that begin at any quarter hour, and two
 * changes of clocks. Its visits have campaigns, experiments and orders, so that behaviour can be counted too.
 */

/** How large a population is. */
export interface PopulationSize {
  readonly users: number;
  readonly events: number;
  /** From 2026-02-15 on; clocks change in New York on March 8, in Berlin on March 29. */
  readonly days: number;
}

/** A population as queue messages: what an edge would send for it. */
export interface Population {
  /** Each event in one message; messages in order of their receipts. */
  readonly messages: readonly Uint8Array[];
  /** Some of these events again, as clients send them that lost the reply: in other messages, under other receipts. */
  readonly resent: readonly Uint8Array[];
  readonly events: number;
  readonly resentEvents: number;
}

const populationFromMs = Date.UTC(2026, 1, 15);
const dayMs = 86_400_000;
const hourMs = 3_600_000;
const quarterMs = 900_000;
/** Events of one message; one in so many messages is sent again. */
const batchSize = 20;
const resentEvery = 12;

const names = ["Product Viewed", "Promotion Viewed", "Promotion Clicked", "Ad Impression", "Ad Clicked", "😀 \ue000"];
const paths = ["/", "/pricing", "/docs", "/signup", "/ü 😀"] as const;
const referrers = [
  "https://www.google.com/search?q=x",
  "https://shop.example/",
  "https://NEWS.example:8080/a",
] as const;
const campaigns: readonly [JsonObject, ...JsonObject[]] = [
  { source: "ads", name: "spring" },
  { source: "mail", medium: "email" },
  { name: "ü" },
];
const countries = ["DE", "IN", "NP", "US", null] as const;
const currencies = ["EUR", "USD", "JPY", null] as const;
const pauses = [0, 1, 1_000, 60_000, quarterMs, 2 * quarterMs, 2 * quarterMs + 1, 2 * hourMs] as const;
const crawler = "Mozilla/5.0 (compatible; Googlebot/2.1)";

/** Who sent an event, and when. */
interface Sent {
  readonly event: JsonObject;
  readonly timeMs: number;
  readonly of: Pick<Receipt, "keyKind" | "geo" | "userAgent">;
}

/** The population of a size; always the same. */
export function populationOf(size: PopulationSize): Population {
  const batches = batched(sentBy(size));
  const random = randomOf(`receipts ${size.users} ${size.events}`);
  const messages = batches.map((batch) => messageOf(batch, random, 60_000));
  const again = batches.filter((_, index) => index % resentEvery === 0);
  return {
    messages,
    resent: again.map((batch) => messageOf(batch, random, 90_000)),
    events: size.events,
    resentEvents: again.reduce((sum, batch) => sum + batch.length, 0),
  };
}

/** Every event, ordered by time. */
function sentBy(size: PopulationSize): Sent[] {
  const { users, events } = size;
  const random = randomOf(`population ${users} ${events}`);
  const sent: Sent[] = [];
  for (let user = 0; sent.length < events; user = (user + 1) % users) {
    for (const { event, ...rest } of visitOf(random, user, size)) {
      const messageId = `m-${(sent.length * 7919) % events}-${sent.length}`;
      const timestamp = new Date(rest.timeMs).toISOString();
      if (sent.length < events) sent.push({ event: { ...event, messageId, timestamp }, ...rest });
    }
  }
  return sent.sort((a, b) => a.timeMs - b.timeMs);
}

/** Events of one request have one sender, so batches are made of what shares key, place and user agent. */
function batched(sent: readonly Sent[]): Sent[][] {
  const open = new Map<string, Sent[]>();
  const batches: Sent[][] = [];
  for (const one of sent) {
    const key = JSON.stringify(one.of);
    const batch = open.get(key) ?? [];
    if (batch.length === 0) batches.push(batch);
    batch.push(one);
    if (batch.length === batchSize) open.delete(key);
    else open.set(key, batch);
  }
  return batches;
}

function messageOf(batch: readonly Sent[], random: Random, delayMs: number): Uint8Array {
  const receivedAtMs = (batch.at(-1)?.timeMs ?? 0) + delayMs;
  const of = batch[0]?.of;
  const receipt = { ...of, receivedAtMs, receiptId: ulidAt(random, receivedAtMs), isolateId: ulidAt(random, 0) };
  return queueMessage(
    batch.map(({ event }) => event),
    receipt,
  );
}

interface Person {
  readonly devices: readonly [string, ...string[]];
  readonly userId: string | null;
  readonly loginMs: number;
}

/** Every third person never logs in; every tenth has the device of the person before as well. */
function personOf(user: number, { users, days }: PopulationSize): Person {
  const own = randomOf(`person ${user} ${users}`);
  const devices: Person["devices"] = [
    `a${user}`,
    ...(chance(own, 0.3) ? [`b${user}`] : []),
    ...(chance(own, 0.1) ? [`a${user - 1}`] : []),
  ];
  const loginMs = populationFromMs + between(own, 0, days * 100) * (dayMs / 100);
  return { devices, userId: user % 3 === 0 ? null : `u${user}`, loginMs };
}

/** Some events of a person, from a moment on; now and then the server speaks for them. */
function visitOf(random: Random, user: number, size: PopulationSize): Sent[] {
  const { users, days } = size;
  const { userId, loginMs, devices } = personOf(user, size);
  const anonymousId = pick(random, devices);
  const sender = {
    geo: { country: pick(random, countries), region: null, city: null },
    userAgent: user % 33 === 0 && chance(random, 0.5) ? crawler : null,
  };
  const campaign = chance(random, 0.3) ? { campaign: pick(random, campaigns) } : {};
  let sessionId = `s${random.word()}`;
  let timeMs = momentOf(random, days);
  return Array.from({ length: between(random, 1, 6) }, (_, index): Sent => {
    if (index > 0) timeMs = Math.min(timeMs + pick(random, pauses), populationFromMs + days * dayMs - 1);
    if (chance(random, 0.1)) sessionId += "x";
    const of = { keyKind: chance(random, 0.8) ? ("public" as const) : ("server" as const), ...sender };
    const path = pick(random, paths);
    const referrer = index === 0 && chance(random, 0.5) ? { referrer: pick(random, referrers) } : {};
    const page = { path, url: `https://shop.example${encodeURI(path)}`, ...referrer };
    const session = chance(random, 0.9) ? { session: { id: sessionId } } : {};
    const context = { page, ...session, ...(index === 0 ? campaign : {}) };
    const isLoggedIn = userId !== null && timeMs >= loginMs;
    const ids = isLoggedIn && chance(random, 0.7) ? { anonymousId, userId } : { anonymousId };
    if (isLoggedIn && chance(random, 0.1)) return { event: { type: "identify", anonymousId, userId }, timeMs, of };
    if (isLoggedIn && chance(random, 0.02)) {
      return { event: aliasOf(random, userId, anonymousId, user, users), timeMs, of };
    }
    return { event: { ...eventOf(random), ...ids, context }, timeMs, of };
  });
}

/** Half of all visits begin within a quarter hour of the beginning of some zone's day, the others in a few hours. */
function momentOf(random: Random, days: number): number {
  const startMs = populationFromMs + between(random, 0, days - 1) * dayMs;
  if (chance(random, 0.5)) return startMs + pick(random, [1, 9, 15] as const) * hourMs + between(random, 0, hourMs - 1);
  const midnights = [0, 18.25, 18.5, 22, 23, 4, 5] as const;
  return startMs + pick(random, midnights) * hourMs + pick(random, [-1, 0, 1, quarterMs - 1, -quarterMs] as const);
}

function aliasOf(random: Random, userId: string, anonymousId: string, user: number, users: number): JsonObject {
  const others = [anonymousId, `u${(user + 1) % users}`, `a${(user + 7) % users}`, userId] as const;
  return { type: "alias", userId, anonymousId, previousId: pick(random, others) };
}

function eventOf(random: Random): JsonObject {
  const what = random.next();
  if (what < 0.35)
    return chance(random, 0.9) ? { type: "page" } : { type: "screen", name: pick(random, ["Home", "Cart"]) };
  if (what < 0.38) return { type: "group", groupId: "g" };
  if (what < 0.52) {
    const revenue = `${between(random, 0, 400)}.${between(random, 10, 99)}`;
    const properties = { revenue: chance(random, 0.95) ? revenue : null, currency: pick(random, currencies) };
    return { type: "track", event: chance(random, 0.85) ? "Order Completed" : "Order Refunded", properties };
  }
  if (what < 0.6) {
    const variation = pick(random, ["a", "a", "a", "b"]);
    const properties = { experiment_id: pick(random, ["checkout", "other"]), variation_id: variation };
    return { type: "track", event: "Experiment Viewed", properties };
  }
  if (what < 0.7) {
    return { type: "track", event: "Signed Up", properties: { plan: pick(random, ["free", "pro", 3, null, true]) } };
  }
  return { type: "track", event: names[between(random, 0, names.length - 1)] ?? "", properties: {} };
}
