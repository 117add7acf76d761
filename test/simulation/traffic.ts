import { birthOfMessageId, type Json, type JsonObject } from "@sluice/schema";
import type { Random } from "./random.ts";

/** An event that a client wants to deliver. */
export interface SentEvent {
  /** Its own number: stands in its properties, so that it is known again whatever becomes of it. */
  readonly number: number;
  readonly keyKind: "public" | "server";
  readonly messageId: string | null;
  /** Whether the contract takes it. */
  readonly isValid: boolean;
  /** When it happened, ms; `null` when neither the event nor its id says. */
  readonly timeMs: number | null;
  readonly json: JsonObject;
  /** The phone it was called on, and when, by a right clock. Its time in the lake is what the SDK and the edge make of a wrong one. */
  readonly phone?: { readonly name: string; readonly calledMs: number };
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A clock may be wrong by less than this at the edge, and no event is younger, so that none is from the future. */
export const edgeJumpMsMax = 10 * minuteMs;

const names = ["Product Viewed", "Order Completed", "Signed Up"] as const;
const users = ["u1", "u2", "u3"] as const;
const visitors = ["a1", "a2", "a3", "a4"] as const;

/** How far the birth of some ids is ahead: whoever makes an id may write anything into it. */
const aheadMs = 200 * dayMs;

/**
 * Makes the events of a seed; each call makes the next one.
 *
 * @param leastHours how old the events are at least.
 */
export function eventMaker(
  random: Random,
  leastHours = 0,
): (nowMs: number, keyKind: SentEvent["keyKind"]) => SentEvent {
  const shared: string[] = [];
  // Incompressible texts, so that requests do not fit one queue message and are split.
  const blobs = random.chance(0.12) ? 0.7 : 0;
  let number = 0;
  return (nowMs, keyKind) => {
    number += 1;
    const timeMs = nowMs - leastHours * hourMs - ageMs(random);
    const messageId = messageIdOf(random, number, number % 13 === 0 ? timeMs + aheadMs : timeMs);
    // Public and server keys have id spaces of their own, so an id of the one may be used by the other.
    if (messageId !== null && keyKind === "public" && random.chance(0.1)) shared.push(messageId);
    const id = keyKind === "server" && random.chance(0.2) ? (shared.pop() ?? messageId) : messageId;
    const isDated = id === null || birthOfMessageId(id) !== null || random.chance(0.7);
    const isValid = !random.chance(0.08);
    const json = { ...bodyOf(random, number, isValid, blobs), ...(id === null ? {} : { messageId: id }) };
    return {
      number,
      keyKind,
      messageId: id,
      isValid,
      timeMs: isDated ? timeMs : null,
      json: isDated ? { ...json, timestamp: new Date(timeMs).toISOString() } : json,
    };
  };
}

/** Most events are young; some come from a device that was offline, or whose clock is years off. */
function ageMs(random: Random): number {
  const drawn = random.next();
  if (drawn < 0.8) return random.between(2 * edgeJumpMsMax, 90 * minuteMs);
  if (drawn < 0.92) return random.between(1, 12) * hourMs;
  return drawn < 0.97 ? random.between(1, 5) * dayMs : random.between(35, 400) * dayMs;
}

const ulidDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Ids of every kind that clients make: with the time of birth in them, without, and none at all. */
function messageIdOf(random: Random, number: number, bornMs: number): string | null {
  const hex = Buffer.from(random.bytes(16)).toString("hex");
  switch (random.int(7)) {
    case 0:
      return `ajs-next-${bornMs}-${hex.slice(0, 8)}`;
    case 1:
      return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
    case 2: {
      const time = bornMs.toString(16).padStart(12, "0");
      return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(0, 3)}-8${hex.slice(3, 6)}-${hex.slice(6, 18)}`;
    }
    case 3:
      return `order-${number}`;
    case 4:
      return random.chance(0.5) ? null : ulidOf(random, bornMs);
    default:
      return ulidOf(random, bornMs);
  }
}

function ulidOf(random: Random, timeMs: number): string {
  let time = "";
  for (let rest = timeMs, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = ulidDigits.charAt(rest % 32) + time;
  return time + Array.from({ length: 16 }, () => ulidDigits.charAt(random.int(32))).join("");
}

function bodyOf(random: Random, number: number, isValid: boolean, blobs: number): JsonObject {
  const properties: Record<string, Json> = { n: number, revenue: random.int(1000) / 100, currency: "EUR" };
  if (random.chance(blobs)) properties["blob"] = Buffer.from(random.bytes(22_000)).toString("base64");
  if (!isValid) return { type: "track", event: "", anonymousId: random.pick(visitors), properties };
  const who = random.chance(0.3)
    ? { userId: random.pick(users), anonymousId: random.pick(visitors) }
    : { anonymousId: random.pick(visitors) };
  if (random.chance(0.15)) return { type: "identify", ...who, properties };
  if (random.chance(0.2)) return { type: "page", name: "Home", ...who, properties };
  return { type: "track", event: random.pick(names), ...who, properties };
}
