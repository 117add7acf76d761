import { gunzipSync } from "node:zlib";
import type { JsonObject } from "@sluice/schema";
import type { createClient, MobileClient, MobileFetch, MobileNotice } from "@sluice/react-native";
import type { Delivery, EdgeAnswer } from "./client.ts";
import { PhoneStorage } from "./fakes/phone-storage.ts";
import { calmPhone, type Faults, type PhoneFaults } from "./faults.ts";
import type { Network, Outcome } from "./network.ts";
import { Process } from "./process.ts";
import type { IsolateGlobals, Program } from "./production.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/** What a phone needs of the world. */
export interface PhoneWorld {
  readonly scheduler: Scheduler;
  /** The phone's own: its faults are those of its connection. */
  readonly network: Network;
  readonly random: Random;
  /** The SDK. */
  readonly program: Program;
  /** What a process of the app has of its own, by a clock that is off by so much. */
  readonly globalsOf: (process: Process, clockOffsetMs: number) => IsolateGlobals;
  readonly fetch: (request: Request, answer: (outcome: Outcome<EdgeAnswer>) => void) => void;
  readonly fail: (what: string) => void;
  readonly deliveries: Map<number, Delivery>;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** How far a phone's clock is off, ms: some beyond what the server corrects, some where its correction may round either way. */
const clockOffsetsMs = [0, 20_000, 3 * minuteMs, 22.4 * minuteMs, 5 * hourMs, 3 * dayMs, 40 * dayMs] as const;

/** Numbers of the events of one phone. */
const phoneEventsMax = 1_000_000;

/** One process of the app. */
interface Life {
  readonly process: Process;
  readonly client: MobileClient;
  /** Numbers of its calls that are not settled. */
  readonly open: Set<number>;
  tellState: (state: string) => void;
}

/**
 * An app with the SDK of phones, as it is in production: its storage outlives its processes, which are killed at any moment; its
 * clock is wrong; its calls are promised as soon as the SDK says that they are stored.
 */
export class SimulatedPhone {
  readonly name: string;
  readonly #world: PhoneWorld;
  readonly #writeKey: string;
  readonly #firstNumber: number;
  readonly #storage: PhoneStorage;
  readonly #clockOffsetMs: number;
  readonly #flushAt: number;
  /** Numbers of events by their message ids, as they were sent. */
  readonly #numbers = new Map<string, number>();
  #faults = calmPhone;
  #life: Life | null = null;
  #lives = 0;
  #calls = 0;
  #offlineUntilMs = 0;

  /** @param index of the phone, which makes its numbers its own. */
  constructor(index: number, writeKey: string, world: PhoneWorld) {
    this.name = `phone ${index}`;
    this.#firstNumber = index * phoneEventsMax;
    this.#world = world;
    this.#writeKey = writeKey;
    this.#storage = new PhoneStorage(world.scheduler, world.random);
    this.#clockOffsetMs = world.random.pick(clockOffsetsMs) * world.random.pick([-1, 1]);
    this.#flushAt = world.random.pick([2, 5, 50]);
  }

  setFaults(faults: Faults, own: PhoneFaults): void {
    this.#world.network.faults = faults;
    this.#faults = this.#storage.faults = own;
    this.#offlineUntilMs = 0;
  }

  /** Whether its storage has always worked, within the time that an SDK waits for it. */
  get isSound(): boolean {
    return this.#storage.failures === 0;
  }

  /** Whether everything that it was called for has been answered. */
  get isDone(): boolean {
    if (this.#calls === 0) return true;
    const isQueued = [...this.#storage.entries.keys()].some((key) => key.includes(".q."));
    return this.#life?.open.size === 0 && !isQueued;
  }

  /** Its user does something. */
  act(): void {
    const { random, scheduler } = this.#world;
    if (random.chance(this.#faults.offline)) this.#offlineUntilMs = scheduler.nowMs + random.next() * hourMs;
    const life = (this.#life ??= this.#lives === 0 ? this.#start() : null);
    if (life === null) return; // the app was killed and is not open now
    if (random.chance(0.3)) life.tellState(random.pick(["background", "active"]));
    for (let calls = random.between(1, 6); calls > 0; calls--) this.#call(life);
    if (!random.chance(this.#faults.killed)) return;
    scheduler.after(random.int(12_000), "", () => {
      scheduler.trouble("app is killed");
      life.process.kill();
    });
  }

  #call(life: Life): void {
    const { random, scheduler, deliveries, fail } = this.#world;
    const number = this.#firstNumber + ++this.#calls;
    const phone = { name: this.name, calledMs: scheduler.nowMs };
    const own = { number, keyKind: "public", isValid: true, timeMs: null, phone } as const;
    const delivery: Delivery = { event: { ...own, messageId: null, json: {} }, sent: 0, promised: 0 };
    deliveries.set(number, delivery);
    life.open.add(number);
    const kind = random.next();
    const call =
      kind < 0.1
        ? life.client.identify(random.pick(["u1", "u2"]), { n: number })
        : kind < 0.2
          ? life.client.screen("Home", { n: number })
          : life.client.track("Product Viewed", { n: number });
    call
      .then(({ outcome }) => {
        if (outcome === "stored") delivery.promised += 1;
        if (outcome === "dropped") fail(`event ${number} is dropped`);
      })
      .catch((error: unknown) => fail(`a call of the SDK rejects: ${String(error)}`));
  }

  #start(): Life {
    const { scheduler, random } = this.#world;
    const process = new Process(`${this.name}.${++this.#lives}`);
    scheduler.note(`${process.name} starts`);
    process.onDeath(() => {
      scheduler.note(`${process.name} dies`);
      this.#life = null;
      scheduler.after(random.next() * 10 * minuteMs, "", () => (this.#life = this.#start()));
    });
    const exports = this.#world.program(this.#world.globalsOf(process, this.#clockOffsetMs));
    let tellState: Life["tellState"] = () => undefined;
    const client = (exports["createClient"] as typeof createClient)({
      host: "https://edge.example",
      writeKey: this.#writeKey,
      storage: this.#storage.portOf(process),
      fetch: (url, init) => this.#fetch(process, url, init),
      appState: {
        currentState: "active",
        addEventListener: (_, listener) => ((tellState = listener), { remove: () => undefined }),
      },
      flushAt: this.#flushAt,
      random: (bytes) => bytes.set(random.bytes(bytes.length)),
    });
    const open = new Set<number>();
    client.use({ after: (notice) => this.#settled(open, notice) });
    return { process, client, open, tellState };
  }

  #settled(open: Set<number>, notice: MobileNotice): void {
    if (notice.outcome === "retry") return;
    const number = this.#numbers.get(notice.messageId);
    if (notice.outcome !== "delivered") this.#world.fail(`event ${number ?? notice.messageId} is ${notice.outcome}`);
    if (number !== undefined) open.delete(number);
  }

  async #fetch(
    process: Process,
    url: string,
    init: Parameters<MobileFetch>[1],
  ): Promise<Awaited<ReturnType<MobileFetch>>> {
    const { network, scheduler, fetch } = this.#world;
    const isOnline = scheduler.nowMs >= this.#offlineUntilMs;
    const what = isOnline ? `POST ${this.#leave(init.body)}` : "POST into the void";
    const answer = await network.callAsync<EdgeAnswer>(process, what, (answered) => {
      if (isOnline) fetch(new Request(url, init), answered);
      else answered({ error: new TypeError("Network request failed") });
    });
    const { status, text, retryAfter } = answer;
    return {
      status,
      headers: { get: (name) => (name === "retry-after" ? retryAfter : null) },
      text: () => Promise.resolve(text),
    };
  }

  /** Events leave: each must be as it was called, and the same whenever it leaves. Returns what leaves, for the trace. */
  #leave(body: string | Uint8Array): string {
    const text = typeof body === "string" ? body : gunzipSync(body).toString("utf8");
    const { batch, clockOffsetMs } = JSON.parse(text) as { batch: readonly JsonObject[]; clockOffsetMs?: number };
    const numbers = batch.map((json) => {
      const fields = (json["properties"] ?? json["traits"] ?? {}) as { readonly n?: number };
      const number = fields.n ?? -1;
      const delivery = this.#world.deliveries.get(number);
      if (delivery === undefined) {
        this.#world.fail(`${this.name} sends what nobody called for`);
        return number;
      }
      const isNew = delivery.sent === 0;
      if (!isNew && JSON.stringify(delivery.event.json) !== JSON.stringify(json)) {
        this.#world.fail(`event ${number} leaves ${this.name} as another one`);
      }
      const messageId = String(json["messageId"]);
      if (isNew) delivery.event = { ...delivery.event, messageId, json };
      this.#numbers.set(messageId, number);
      delivery.sent += 1;
      return number;
    });
    return `${numbers.join(",")} by a clock that is off by ${clockOffsetMs ?? "nobody knows what"}`;
  }
}
