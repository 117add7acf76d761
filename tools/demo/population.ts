import type { JsonObject } from "@sluice/schema";
import { between, chance, pick, type Random, randomOf, uuidFrom, weightedIndex } from "./random.ts";

/** One browser or phone. It changes as the days pass. */
export interface Device {
  readonly kind: "web" | "app";
  readonly context: JsonObject;
  /** Its present anonymous id; a cleared browser gets a new one. */
  anonymousId: string;
  /** Who is logged in on it, or `null`. */
  loggedInAs: string | null;
}

/** One person who visits the shop. */
export interface Person {
  readonly index: number;
  readonly userId: string;
  /** Whether they have an account; somebody who signs up gets one. */
  hasAccount: boolean;
  readonly maySignUp: boolean;
  /** Expected visits on an average day. */
  readonly visitsPerDay: number;
  /** Hours to add to UTC for their local time. */
  readonly zoneHours: number;
  readonly paysIn: "EUR" | "USD";
  readonly devices: readonly [Device, ...Device[]];
}

/** Everybody who may visit, as they are before the first day. The same for the same seed. */
export function populationOf(seed: number, users: number): Person[] {
  const people: Person[] = [];
  for (let index = 0; index < users; index++) {
    people.push(personOf(index, randomOf(`${seed} person ${index}`), people.at(-1)));
  }
  return people;
}

/** Every so many people, one uses the browser of the person before them, and both log in on it. */
const sharedBrowserEvery = 8;

function personOf(index: number, random: Random, previous: Person | undefined): Person {
  const userId = `user-${String(index).padStart(5, "0")}`;
  const american = chance(random, 0.15);
  const locale: JsonObject = american
    ? { locale: "en-US", timezone: "America/New_York" }
    : { locale: pick(random, ["de-DE", "fr-FR", "en-GB"]), timezone: "Europe/Berlin" };
  const web = browserOf(random, locale);
  const app = phoneOf(random, locale);
  const habit = weightedIndex(random, [60, 25, 15]);
  const own: readonly [Device, ...Device[]] = habit === 0 ? [web] : habit === 1 ? [app] : [web, app];
  const shared = index % sharedBrowserEvery === sharedBrowserEvery - 1 ? previous?.devices[0] : undefined;
  const state = weightedIndex(random, [45, 30, 25]);
  return {
    index,
    userId,
    hasAccount: state === 0 || shared !== undefined,
    maySignUp: state === 1,
    visitsPerDay: [0.1, 0.32, 0.8][weightedIndex(random, [6, 3, 1])] ?? 0.1,
    zoneHours: american ? -5 : 1,
    paysIn: american ? "USD" : "EUR",
    devices: shared === undefined ? own : [shared],
  };
}

const browsers: readonly [readonly [string, string], ...(readonly [string, string])[]] = [
  [
    "desktop",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36",
  ],
  [
    "desktop",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Safari/605.1.15",
  ],
  ["desktop", "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0"],
  [
    "mobile",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.2 Mobile/15E148 Safari/604.1",
  ],
  [
    "mobile",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Mobile Safari/537.36",
  ],
];

function browserOf(random: Random, locale: JsonObject): Device {
  const [type, userAgent] = pick(random, browsers);
  const context = { ...locale, userAgent, device: { type } };
  return { kind: "web", context, anonymousId: uuidFrom(random), loggedInAs: null };
}

function phoneOf(random: Random, locale: JsonObject): Device {
  const apple = chance(random, 0.45);
  const build = between(random, 118, 124);
  const context: JsonObject = {
    ...locale,
    app: { name: "Demo Shop", version: `2.${build - 110}.0`, build: String(build), namespace: "example.shop" },
    device: apple
      ? { type: "ios", manufacturer: "Apple", model: pick(random, ["iPhone16,1", "iPhone17,3", "iPad14,1"]) }
      : { type: "android", manufacturer: "Google", model: pick(random, ["Pixel 8", "Pixel 9", "Pixel 10a"]) },
    os: apple ? { name: "iOS", version: "19.2" } : { name: "Android", version: "16" },
    network: { wifi: chance(random, 0.6), cellular: true },
  };
  return { kind: "app", context, anonymousId: uuidFrom(random), loggedInAs: null };
}
