import type { JsonObject } from "@sluice/schema";
import { type DemoEvent, isoTime } from "./event.ts";
import { type Device, type Person } from "./population.ts";
import { between, type Random, ulidAt } from "./random.ts";

/** What a step of a visit says of its event; the journey adds ids, time and context. */
export interface Step {
  readonly type: DemoEvent["type"];
  readonly event?: string;
  readonly name?: string;
  readonly properties?: JsonObject;
  readonly traits?: JsonObject;
}

/** A visit on its way: its clock, and the events made so far. */
export class Journey {
  readonly person: Person;
  readonly device: Device;
  readonly random: Random;
  readonly events: DemoEvent[] = [];
  nowMs: number;
  /** Campaign and page of the moment, as an SDK would put them into the context. */
  #extra: JsonObject = {};
  readonly #sessionId: string;

  constructor(person: Person, device: Device, random: Random, startMs: number) {
    this.person = person;
    this.device = device;
    this.random = random;
    this.nowMs = startMs;
    this.#sessionId = ulidAt(random, startMs);
  }

  /** Lets the visitor read for a while. */
  wait(leastSeconds: number, mostSeconds: number): void {
    this.nowMs += between(this.random, leastSeconds * 1000, mostSeconds * 1000);
  }

  /** Sets what the following events carry in their context beside the device's own. */
  carry(extra: JsonObject): void {
    this.#extra = { ...this.#extra, ...extra };
  }

  /** Something that the visitor's device saw. */
  say(step: Step): void {
    const userId = this.device.loggedInAs;
    this.#add({ ...step, anonymousId: this.device.anonymousId, ...(userId === null ? {} : { userId }) }, this.nowMs, {
      ...this.device.context,
      ...this.#extra,
      session: { id: this.#sessionId },
    });
  }

  /** Something that the shop's server saw, at `atMs`: it knows the account, or else the device's anonymous id. */
  sayAtServer(step: Step, atMs: number): void {
    const userId = this.device.loggedInAs;
    const who = userId === null ? { anonymousId: this.device.anonymousId } : { userId };
    this.#add({ ...step, ...who }, atMs, { channel: "server" });
  }

  #add(event: Step & Pick<DemoEvent, "userId" | "anonymousId">, atMs: number, context: JsonObject): void {
    this.events.push({ ...event, messageId: ulidAt(this.random, atMs), timestamp: isoTime(atMs), context });
  }
}
