import { gzipSync } from "node:zlib";
import { ulid as ulidOf } from "ulid";
import type { Link } from "../../analytics/src/identity.ts";
import { between, chance, pick, type Random, randomOf } from "../../tools/demo/random.ts";

/** Events in one request: what a browser sends of one visit. */
export const eventsPerRequest = 10;
/** Cells of the mart of users that the events of a visit reach: all, and on average 3.5 of the 4 names of 7 track events. */
export const cellsPerVisit = 4.5;
/** Requests whose events happened long before: a device was offline. */
const lateShare = 0.03;
/** How late those are, log-uniform between these, ms. */
const lateMsMin = 600_000;
const lateMsMax = 48 * 3_600_000;
/** Requests that begin with an `identify`. */
export const identifyShare = 0.05;

/** A link as such a request makes it: of the lengths that its ids have. */
export const sampleLink: Link = {
  anonymousId: ulidOf(0),
  userId: "user-50000",
  timeMs: Date.UTC(2026, 9, 14),
  messageId: ulidOf(0),
  isAlias: false,
};

const paths = ["/", "/products", "/products/espresso-cup", "/cart", "/checkout", "/about"] as const;
const names = ["Product Viewed", "Product Added", "Product Clicked", "Checkout Started"] as const;

/** Requests of a shop's visitors, as the browser SDK sends them. */
export interface Traffic {
  /** How late the next request's events are, ms; 0 for those in time. */
  nextLateMs(): number;
  /** One gzipped body of `count` events that happened in the half minute before `atMs - lateMs`. Its message ids are fresh. */
  body(writeKey: string, atMs: number, lateMs: number, count?: number): Buffer;
}

/** Traffic that depends on its seed alone. */
export function trafficOf(seed: string): Traffic {
  const random = randomOf(seed);
  const ulid = (timeMs: number): string => ulidOf(timeMs, () => random.next());
  return {
    nextLateMs: () => lateMsOf(random),
    body(writeKey, atMs, lateMs, count = eventsPerRequest) {
      const startMs = Math.floor(atMs - lateMs - 30_000);
      const visitor = visitorOf(random, ulid, startMs);
      const batch = Array.from({ length: count }, (_, i) => {
        const timeMs = startMs + Math.floor((i * 30_000) / count);
        const isIdentify = i === 0 && visitor.userId !== undefined && chance(random, identifyShare / 0.3);
        return eventOf(random, ulid(timeMs), timeMs, visitor, isIdentify);
      });
      const sentAt = new Date(Math.floor(atMs)).toISOString();
      return gzipSync(JSON.stringify({ writeKey, batch, sentAt, clockOffsetMs: 0 }));
    },
  };
}

/** How late a request's events are, ms; 0 for most. */
export function lateMsOf(random: Random): number {
  return chance(random, lateShare) ? lateMsMin * (lateMsMax / lateMsMin) ** random.next() : 0;
}

interface Visitor {
  readonly anonymousId: string;
  readonly userId: string | undefined;
  readonly sessionId: string;
}

function visitorOf(random: Random, ulid: (seedTime: number) => string, timeMs: number): Visitor {
  return {
    anonymousId: ulid(timeMs),
    userId: chance(random, 0.3) ? `user-${between(random, 1, 100_000)}` : undefined,
    sessionId: ulid(timeMs),
  };
}

function eventOf(
  random: Random,
  messageId: string,
  timeMs: number,
  visitor: Visitor,
  isIdentify: boolean,
): Record<string, unknown> {
  const path = pick(random, paths);
  const isPage = chance(random, 0.3);
  const product = between(random, 1, 50);
  return {
    type: isIdentify ? "identify" : isPage ? "page" : "track",
    event: isIdentify || isPage ? undefined : pick(random, names),
    messageId,
    timestamp: new Date(timeMs).toISOString(),
    anonymousId: visitor.anonymousId,
    userId: visitor.userId,
    properties: { product_id: `sku-${product}`, name: "Espresso cup", price: 14.9, currency: "EUR", position: product },
    context: {
      library: { name: "@sluice/web", version: "0.1.0" },
      page: {
        url: `https://shop.example${path}?utm_source=mail`,
        path,
        title: "Shop",
        referrer: "https://example.org/",
      },
      campaign: { source: "mail", medium: "newsletter", name: "autumn" },
      session: { id: visitor.sessionId },
      locale: "en-GB",
      timezone: "Europe/Vienna",
      screen: { width: 1920, height: 1080, density: 2 },
    },
  };
}
