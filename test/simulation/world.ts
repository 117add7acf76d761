import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Delivery, type EdgeAnswer, SimulatedClient } from "./client.ts";
import { BucketContents, bucketOver } from "./fakes/bucket.ts";
import { d1Over, openDatabase } from "./fakes/database.ts";
import { type Instance, Objects } from "./fakes/objects.ts";
import { type DeliveredBatch, SimulatedQueue } from "./fakes/queue.ts";
import { calm, type Faults, type PhoneFaults } from "./faults.ts";
import { Network, type Outcome } from "./network.ts";
import { SimulatedPhone } from "./phone.ts";
import { Process } from "./process.ts";
import type { IsolateGlobals, Production, Program } from "./production.ts";
import { type Random, randomOf } from "./random.ts";
import { Scheduler } from "./scheduler.ts";
import { edgeJumpMsMax, type SentEvent } from "./traffic.ts";
import { productionVariables } from "./variables.ts";

/** Tables of the database that the operator fills. */
const registryTables = new Set(["project", "source", "write_key", "read_token", "registry"]);

/** The project of every simulation. */
export const project = "shop";
const operatorToken = "operator-token-of-the-simulation";
const minuteMs = 60_000;
/** How far a clock inside can be off. */
const jumpMsMax = 5 * minuteMs;
const startMs = Date.parse("2026-03-01T10:17:00Z");
const variables = productionVariables();
const migrations = join(import.meta.dirname, "..", "..", "analytics", "migrations");

/** An isolate: a Worker's module with a clock of its own. */
interface Isolate {
  readonly process: Process;
  readonly exports: Record<string, unknown>;
  readonly jumpMsMax: number;
  clockOffsetMs: number;
}

/** How a world is set up, apart from its faults. */
export interface Settings {
  readonly publishSeconds: number;
  readonly publishOldSeconds: number;
  readonly publishOldRows: number;
  readonly rollupSeconds: number;
  /** Whether pages of ids are of a few: else the ids of a simulation are one page, which is never at rest. */
  readonly hasSmallPages: boolean;
  /** After how long, and from how many on, seen ids move from the logs into the bucket. */
  readonly coolSeconds: number;
  readonly coolIds: number;
  readonly retriesMax: number;
}

type Handler = (...parameters: unknown[]) => Promise<unknown>;

/** The three Workers with queue, bucket, database, objects and clients, under one virtual clock. */
export class World {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly bucket = new BucketContents();
  readonly queue: SimulatedQueue;
  readonly objects: Objects;
  /** What the simulation found wrong; it stops at the first. */
  readonly violations: string[] = [];
  readonly startMs = startMs;
  /** Isolates of the edge that died. */
  edgeDeaths = 0;
  /** Requests that the edge did not take. */
  refusals = 0;
  /** How often a clock of the edge jumped. */
  edgeJumps = 0;
  readonly phones: SimulatedPhone[] = [];
  readonly settings: Settings;
  readonly #production: Production;
  readonly #seed: number;
  readonly #random: Random;
  readonly #dead: SimulatedQueue;
  readonly #db = openDatabase(
    readdirSync(migrations)
      .sort()
      .map((file) => readFileSync(join(migrations, file), "utf8")),
  );
  #isolates: Isolate[] = [];
  readonly #current = new Map<string, Isolate>();
  /** When each key was last written, for R2's limit of one write a second. */
  readonly #writtenMs = new Map<string, number>();
  #isolateCount = 0;
  #timers = 0;

  constructor(seed: number, production: Production, settings: Settings) {
    this.#seed = seed;
    this.#production = production;
    this.settings = settings;
    this.#random = randomOf(seed, "world");
    this.scheduler = new Scheduler(startMs, randomOf(seed, "order"));
    this.network = new Network(this.scheduler, randomOf(seed, "network"), calm);
    const { scheduler, network } = this;
    const consumer = {
      batchSize: 8,
      retriesMax: settings.retriesMax,
      retrySeconds: 30,
      handle: (batch: DeliveredBatch) => this.#consume(batch),
    };
    const ports = { scheduler, network, random: randomOf(seed, "queue") };
    this.#dead = new SimulatedQueue("sluice-events-dlq", ports, { ...consumer, retriesMax: 1000 }, null);
    this.queue = new SimulatedQueue("sluice-events", ports, consumer, this.#dead);
    this.objects = new Objects({
      scheduler,
      network,
      random: randomOf(seed, "objects"),
      isolate: () => this.#objectIsolate(),
    });
  }

  setFaults(faults: Faults, phoneFaults: PhoneFaults): void {
    this.network.faults = faults;
    for (const phone of this.phones) phone.setFaults(faults, phoneFaults);
  }

  get #consumer(): Program {
    const { consumer, consumerOfSmallPages } = this.#production;
    return this.settings.hasSmallPages ? consumerOfSmallPages : consumer;
  }

  /** Messages on their way. */
  get messagesWaiting(): number {
    return this.queue.size + this.#dead.size;
  }

  /** Loses everything that analytics computed: it must compute the same again. The registry is no result and stays. */
  loseRollups(): void {
    const tables = this.#db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    for (const { name } of tables) if (!registryTables.has(String(name))) this.#db.exec(`DELETE FROM ${String(name)}`);
    for (const key of this.bucket.objects.keys()) if (key.startsWith("marts/")) this.bucket.delete(key);
    for (const { process } of [...this.#isolates]) if (process.name.startsWith("analytics")) process.kill();
  }

  /** A client with a write key of its own. */
  client(name: string, keyKind: SentEvent["keyKind"], writeKey: string): SimulatedClient {
    return new SimulatedClient(name, keyKind, writeKey, {
      scheduler: this.scheduler,
      network: this.network,
      random: randomOf(this.#seed, `client ${name}`),
      fetch: (request, answer) => this.#atEdge(request, answer),
      fail: (what) => this.violations.push(what),
    });
  }

  /** A phone with an app that has a write key. */
  addPhone(writeKey: string, deliveries: Map<number, Delivery>): SimulatedPhone {
    const index = this.phones.length + 1;
    const { scheduler } = this;
    const phone = new SimulatedPhone(index, writeKey, {
      scheduler,
      network: new Network(scheduler, randomOf(this.#seed, `network of phone ${index}`), calm),
      random: randomOf(this.#seed, `phone ${index}`),
      program: this.#production.phone,
      globalsOf: (process, clockOffsetMs) => this.#globalsOf({ process, clockOffsetMs }),
      fetch: (request, answer) => this.#atEdge(request, answer),
      fail: (what) => this.violations.push(what),
      deliveries,
    });
    this.phones.push(phone);
    return phone;
  }

  /** One call of the admin API. */
  admin(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
    return this.ask(operatorToken, method, `admin/${path}`, body);
  }

  /** One call of the analytics Worker, with a token. */
  async ask(token: string, method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
    const isolate = this.#isolateOf("analytics");
    const headers = { authorization: `Bearer ${token}` };
    const request = new Request(`https://analytics.example/v1/${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const fetch = handlerOf(isolate, "fetch");
    const response = (await fetch(request, this.#envOf(isolate.process), contextOfRequest())) as Response;
    return { status: response.status, body: await response.json() };
  }

  /** Runs a Worker's cron. */
  cron(worker: "edge" | "consumer" | "analytics"): void {
    const isolate = this.#isolateOf(worker);
    this.scheduler.note(`cron of ${worker}`);
    const run = handlerOf(isolate, "scheduled")({ cron: "" }, this.#envOf(isolate.process), contextOfRequest());
    run.catch((error: unknown) => this.scheduler.note(`cron of ${worker} fails: ${String(error)}`));
  }

  /** An outsider's binding of the logs. */
  logs(): ReturnType<Objects["namespaceOf"]> {
    return this.objects.namespaceOf(new Process("observer", null, true));
  }

  /** One of the running processes dies, if there is one. */
  someoneDies(): void {
    const victims = this.#isolates.map((isolate) => isolate.process);
    for (const object of this.objects.all.values()) if (object.process !== null) victims.push(object.process);
    if (victims.length === 0) return;
    const victim = this.#random.pick(victims);
    this.scheduler.note(`${victim.name} dies`);
    victim.kill();
  }

  /** The clock of one isolate jumps, or is set right again. */
  aClockJumps(): void {
    if (this.#isolates.length === 0) return;
    const isolate = this.#random.pick(this.#isolates);
    isolate.clockOffsetMs = this.#random.between(-isolate.jumpMsMax, isolate.jumpMsMax);
    this.scheduler.trouble("clock jumps");
    if (isolate.process.name.startsWith("edge")) this.edgeJumps += 1;
    this.scheduler.note(`${isolate.process.name}'s clock is off by ${isolate.clockOffsetMs} ms`);
  }

  setClocksRight(): void {
    for (const isolate of this.#isolates) isolate.clockOffsetMs = 0;
  }

  close(): void {
    this.objects.close();
    this.#db.close();
  }

  /** The isolate that serves a Worker's next call: mostly the one that is there, sometimes another. */
  #isolateOf(worker: "edge" | "consumer" | "analytics"): Isolate {
    const slot = `${worker} ${this.#random.int(worker === "analytics" ? 1 : 2)}`;
    const current = this.#current.get(slot);
    if (current !== undefined && current.process.isAlive) return current;
    const program = worker === "consumer" ? this.#consumer : this.#production[worker];
    const isolate = this.#start(worker, program, worker === "edge" ? edgeJumpMsMax : jumpMsMax);
    this.#current.set(slot, isolate);
    return isolate;
  }

  #objectIsolate() {
    let isolate = this.#current.get("objects");
    if (isolate === undefined || !isolate.process.isAlive) {
      isolate = this.#start("objects", this.#consumer, jumpMsMax);
      this.#current.set("objects", isolate);
    }
    const { process, exports } = isolate;
    const ShardLog = exports["ShardLog"] as new (state: object, env: object) => Instance;
    return { process, start: (own: Process, state: object) => new ShardLog(state, this.#envOf(own)) };
  }

  #start(worker: string, program: Program, jumpMsMax: number): Isolate {
    const name = `${worker}@${++this.#isolateCount}`;
    const process = new Process(name);
    const isolate: Isolate = { process, exports: {}, jumpMsMax, clockOffsetMs: 0 };
    const started = { ...isolate, exports: program(this.#globalsOf(isolate)) };
    // The clock is read through the record that jumps change.
    Object.assign(isolate, { exports: started.exports });
    this.#isolates.push(isolate);
    process.onDeath(() => {
      if (worker === "edge") this.edgeDeaths += 1;
      this.#isolates = this.#isolates.filter((other) => other !== isolate);
    });
    return isolate;
  }

  #globalsOf(isolate: Pick<Isolate, "process" | "clockOffsetMs">): IsolateGlobals {
    const timers = new Set<number>();
    return {
      nowMs: () => this.scheduler.nowMs + isolate.clockOffsetMs,
      setTimeout: (run, delayMs) => {
        const timer = ++this.#timers;
        timers.add(timer);
        this.scheduler.after(delayMs, "", () => {
          if (!timers.delete(timer) || !isolate.process.isAlive) return;
          try {
            run();
          } catch (error) {
            // As on the platform, an error in a timer ends nothing but its own turn.
            this.scheduler.note(`${isolate.process.name}: uncaught in a timer: ${String(error)}`);
          }
        });
        return timer;
      },
      clearTimeout: (timer) => {
        if (timer !== undefined) timers.delete(timer);
      },
      random: randomOf(this.#seed, isolate.process.name),
      log: (line) => this.scheduler.note(`${isolate.process.name} says: ${line.slice(0, 200)}`),
    };
  }

  #atEdge(request: Request, answer: (outcome: Outcome<EdgeAnswer>) => void): void {
    const isolate = this.#isolateOf("edge");
    let isAnswered = false;
    const once = (outcome: Outcome<EdgeAnswer>): void => {
      if (!isAnswered) answer(outcome);
      isAnswered = true;
    };
    isolate.process.onDeath(() => once({ error: new Error("the connection was closed") }));
    const run = handlerOf(isolate, "fetch")(request, this.#envOf(isolate.process), contextOfRequest());
    run
      .then(async (response) => {
        const { status, headers } = response as Response;
        const text = await (response as Response).text();
        if (status === 503) this.refusals += 1;
        if (isolate.process.isAlive) once({ value: { status, text, retryAfter: headers.get("retry-after") } });
      })
      .catch((error: unknown) => once({ error }));
  }

  #consume(batch: DeliveredBatch): { process: Process; done: Promise<unknown> } {
    const isolate = this.#isolateOf("consumer");
    return {
      process: isolate.process,
      done: handlerOf(isolate, "queue")(batch, this.#envOf(isolate.process), contextOfRequest()),
    };
  }

  /** The bindings and variables of all three Workers, as seen by one process. */
  #envOf(process: Process): object {
    const { settings } = this;
    return {
      EVENTS: this.queue.bindingOf(process),
      LAKE: this.#bucketOf(process),
      SHARD_LOG: this.objects.namespaceOf(process),
      DB: d1Over(this.#db, (what, effect) => this.#callDatabase(process, what, effect)),
      ...variables,
      PUBLISH_SECONDS: String(settings.publishSeconds),
      PUBLISH_OLD_SECONDS: String(settings.publishOldSeconds),
      PUBLISH_OLD_ROWS: String(settings.publishOldRows),
      ROLLUP_SECONDS: String(settings.rollupSeconds),
      COOL_SECONDS: String(settings.coolSeconds),
      COOL_IDS: String(settings.coolIds),
      OPERATOR_TOKEN: operatorToken,
      WRITE_KEY_SECRETS: "secret-of-the-simulation",
      LOG_SAMPLE: "0",
      BRAKE_MODE: "off",
    };
  }

  #callDatabase<Value>(process: Process, what: string, effect: () => Value): Promise<Value> {
    return this.network.call(process, `D1 ${what}`, () => {
      if (this.network.isDown("database")) throw new Error("D1_ERROR: internal error");
      return effect();
    });
  }

  #bucketOf(process: Process) {
    const { network, scheduler, bucket } = this;
    return bucketOver(
      bucket,
      (verb, key, effect) => {
        return network.call(process, `R2 ${verb} ${key}`, () => {
          this.#assertBucketWorks(verb, key);
          return effect();
        });
      },
      {
        nowMs: () => scheduler.nowMs,
        pageSize: () => (this.#random.chance(0.3) ? this.#random.between(1, 5) : 1000),
        isFalselyRefused: () => {
          const isRefused = this.#random.chance(network.faults.falsePrecondition);
          if (isRefused) scheduler.trouble("false precondition");
          return isRefused;
        },
      },
    );
  }

  /** R2 fails in its outages, and takes one write a second of each key. */
  #assertBucketWorks(verb: string, key: string): void {
    const { nowMs } = this.scheduler;
    const isWrite = verb === "put" || verb === "delete";
    if (this.network.isDown("bucket") || (isWrite && this.network.isDown("bucket writes"))) {
      throw new Error("We encountered an internal error. Please try again. (10001)");
    }
    if (verb !== "put") return;
    if (nowMs - (this.#writtenMs.get(key) ?? 0) < 1000) throw new Error("Reduce your rate of requests. (10058)");
    this.#writtenMs.set(key, nowMs);
  }
}

function handlerOf(isolate: Isolate, name: "fetch" | "queue" | "scheduled"): Handler {
  const handlers = isolate.exports["default"] as Record<string, Handler>;
  const handler = handlers[name];
  if (handler === undefined) throw new Error(`${isolate.process.name} has no handler ${name}`);
  return async (...parameters) => handler.apply(handlers, parameters);
}

function contextOfRequest(): object {
  return { waitUntil: () => undefined, passThroughOnException: () => undefined };
}
