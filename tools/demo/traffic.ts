import { type DemoEvent, type DemoPlan, type Delivery, dayMs, dayName, demoDays, isoTime, startOf } from "./event.ts";
import { invalidFrom } from "./invalid.ts";
import { type Person, populationOf } from "./population.ts";
import { between, chance, pick, type Random, randomOf, ulidAt, weightedIndex } from "./random.ts";
import { campaigns, hourWeights, weekdayFactors } from "./shop.ts";
import { visit } from "./visit.ts";

/**
 * Everything the demo sends, in the order of sending: 30 days of visits, some of it late, some of it twice,
 * some of it broken. A pure function of the plan; holds one day, and what is on its way, in memory.
 */
export function* deliveriesOf(plan: DemoPlan): Generator<Delivery, void, undefined> {
  const people = populationOf(plan.seed, plan.users);
  const outbox = new Outbox();
  const startMs = startOf(plan);
  const courier = { plan, outbox, made: 0 };
  for (let day = 0; day < demoDays; day++) {
    const todayMs = startMs + day * dayMs;
    for (const person of people) visitsOf(courier, person, todayMs);
    for (const event of costsOf(plan, todayMs)) post(courier, event, randomOf(`${plan.seed} ${event.messageId}`), 0);
    yield* outbox.takeBefore(todayMs + dayMs);
  }
  yield* outbox.takeBefore(Number.POSITIVE_INFINITY);
}

/** What is on its way, by the day on which it will be sent. */
class Outbox {
  readonly #days = new Map<number, Delivery[]>();

  add(delivery: Delivery): void {
    const day = Math.floor(delivery.atMs / dayMs);
    const list = this.#days.get(day);
    if (list === undefined) this.#days.set(day, [delivery]);
    else list.push(delivery);
  }

  /** Takes out what is sent before an instant (a day's start), in order; equal times in the order of making. */
  *takeBefore(endMs: number): Generator<Delivery, void, undefined> {
    for (const day of [...this.#days.keys()].filter((key) => key * dayMs < endMs).sort((a, b) => a - b)) {
      const list = this.#days.get(day) ?? [];
      this.#days.delete(day);
      yield* list.sort((a, b) => a.atMs - b.atMs);
    }
  }
}

interface Courier {
  readonly plan: DemoPlan;
  readonly outbox: Outbox;
  /** Valid events made so far. */
  made: number;
}

/** One broken event for so many good ones: 0.5 %. */
const goodPerBroken = 200;

/** Slots in which a person may visit on one day: more than one visit is possible, three are rare. */
const visitSlots = 3;

function visitsOf(courier: Courier, person: Person, todayMs: number): void {
  const random = randomOf(`${courier.plan.seed} visits ${person.index} ${dayName(todayMs)}`);
  const weekday = new Date(todayMs).getUTCDay();
  const probability = (person.visitsPerDay * (weekdayFactors[weekday] ?? 1)) / visitSlots;
  for (let slot = 0; slot < visitSlots; slot++) {
    if (!chance(random, probability)) continue;
    const localHour = weightedIndex(random, hourWeights);
    const hour = (localHour - person.zoneHours + 24) % 24;
    const device = pick(random, person.devices);
    const events = visit(person, device, random, todayMs + hour * 3_600_000 + between(random, 0, 3_599_999));
    const offlineMs = device.kind === "app" && chance(random, 0.1) ? offlineFor(random) : 0;
    for (const event of events) post(courier, event, random, offlineMs);
  }
}

/** How long an app was without a network: hours, at times days. */
function offlineFor(random: Random): number {
  return chance(random, 0.25) ? between(random, dayMs, 5 * dayMs) : between(random, dayMs / 24, dayMs / 2);
}

/** Puts one event on its way: now, or late; perhaps twice; and after every 200th a broken one. */
function post(courier: Courier, event: DemoEvent, random: Random, offlineMs: number): void {
  const timeMs = Date.parse(event.timestamp);
  if (timeMs >= courier.plan.anchorMs) return; // the demo ends with its last full day
  const straggles = offlineMs === 0 && chance(random, 0.005);
  const atMs = timeMs + (straggles ? offlineFor(random) : offlineMs);
  courier.outbox.add({ kind: "event", event, atMs });
  if (chance(random, 0.015)) {
    const againMs = chance(random, 0.6) ? between(random, 0, 20_000) : between(random, 60_000, 2 * dayMs);
    courier.outbox.add({ kind: "duplicate", event, atMs: atMs + againMs });
  }
  courier.made++;
  if (courier.made % goodPerBroken === 0) {
    // Drawn from a stream of its own, so that what comes after does not depend on how many came before.
    const messageId = ulidAt(randomOf(`${courier.plan.seed} broken ${event.messageId}`), timeMs);
    const broken = invalidFrom(event, courier.made / goodPerBroken, messageId);
    courier.outbox.add({ kind: "invalid", ...broken, atMs });
  }
}

/** What each campaign cost on a day, told by the marketing team's server shortly before midnight. */
function costsOf(plan: DemoPlan, todayMs: number): DemoEvent[] {
  return campaigns.map((campaign): DemoEvent => {
    const random = randomOf(`${plan.seed} cost ${campaign.name} ${dayName(todayMs)}`);
    const timeMs = todayMs + dayMs - between(random, 1000, 600_000);
    const cost = (campaign.dailyCents + between(random, -200, 200)) / 100;
    return {
      type: "track",
      event: "Campaign Cost",
      messageId: ulidAt(random, timeMs),
      timestamp: isoTime(timeMs),
      userId: "marketing",
      properties: { campaign: campaign.name, cost, currency: "EUR", day: dayName(todayMs) },
      context: { channel: "server" },
    };
  });
}
