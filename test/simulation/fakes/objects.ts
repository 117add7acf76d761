import type { Network, Outcome } from "../network.ts";
import { Process } from "../process.ts";
import type { Random } from "../random.ts";
import type { Scheduler } from "../scheduler.ts";
import { ObjectDatabase, storageOver } from "./object-storage.ts";

/*
 * A namespace of Durable Objects: one instance by name at a time, started when it is called, reset when it dies;
 * calls from anywhere; alarms, at least once.
 */

/** An instance of the production class, as the platform sees it. */
export type Instance = Record<string, (...parameters: unknown[]) => unknown>;
/** Makes an instance in the isolate of its class. */
export type StartInstance = (process: Process, state: object) => Instance;

/** What the namespace needs of the world. */
export interface ObjectsWorld {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly random: Random;
  /** The isolate that runs the class now; a new one is started when it has died. */
  readonly isolate: () => { readonly process: Process; readonly start: StartInstance };
}

/** Time between two tries of an alarm that failed, in ms, doubled each time; after six tries it is given up. */
const alarmRetryMs = 2_000;
const alarmTriesMax = 6;
/** How late an alarm rings, in ms. */
const alarmLateMs = { least: 50, most: 5_000 } as const;
/** Time after which an object that was reset answers again, in ms. */
const resetMs = 200;

interface Running {
  readonly process: Process;
  readonly instance: Instance;
  /** Ends calls that the instance will never answer. */
  readonly open: Set<(outcome: Outcome<unknown>) => void>;
  /** `blockConcurrencyWhile`: calls wait for it. */
  ready: Promise<unknown>;
}

/** One object: its storage, and its instance while it has one. */
class SimulatedObject {
  readonly name: string;
  readonly database = new ObjectDatabase();
  readonly #world: ObjectsWorld;
  #running: Running | null = null;
  /** While a check looks, nothing fails. */
  #isPeeked = false;
  #alarmNumber = 0;
  #instances = 0;

  constructor(name: string, world: ObjectsWorld) {
    this.name = name;
    this.#world = world;
  }

  get process(): Process | null {
    return this.#running?.process ?? null;
  }

  /** Calls a method and answers once; with an error that says `retryable` when the instance dies first. */
  call(method: string, parameters: readonly unknown[], answer: (outcome: Outcome<unknown>) => void): void {
    let running: Running;
    try {
      running = this.#start();
    } catch (error) {
      answer({ error });
      return;
    }
    const { open } = running;
    const once = (outcome: Outcome<unknown>): void => {
      if (!open.delete(once)) return;
      answer(outcome);
    };
    open.add(once);
    const run = async (): Promise<unknown> => {
      await running.ready;
      const body = running.instance[method];
      if (body === undefined) throw new TypeError(`the object has no method ${method}`);
      return body.apply(running.instance, [...parameters]);
    };
    run().then(
      (value) => {
        if (!running.process.isAlive) return;
        running.process.beforeSending();
        once({ value: structuredClone(value) });
      },
      (error: unknown) => {
        if (running.process.isAlive) once({ error });
      },
    );
  }

  /** Asks the instance past the network, for checks; `null` where none runs. The method must change nothing. */
  async peek(method: string, parameters: readonly unknown[]): Promise<unknown> {
    const instance = this.#running?.instance;
    this.#isPeeked = true;
    try {
      return instance === undefined ? null : instance[method]?.apply(instance, [...parameters]);
    } finally {
      this.#isPeeked = false;
    }
  }

  /** Runs the alarm that was set for now, unless another one took its place. */
  alarmIsDue(number: number, tries: number): void {
    if (number !== this.#alarmNumber || this.database.alarmMs === null) return;
    const setForMs = this.database.alarmMs;
    if (setForMs > this.#world.scheduler.nowMs) return;
    if (this.#world.random.chance(this.#world.network.faults.alarmLost)) {
      this.#world.scheduler.trouble("alarm lost");
      this.#world.scheduler.note(`${this.name}: its alarm is lost`);
      this.database.alarmMs = null;
      return;
    }
    this.database.alarmMs = null;
    this.call("alarm", [], (outcome) => {
      if ("value" in outcome || tries >= alarmTriesMax || this.database.alarmMs !== null) return;
      this.database.alarmMs = this.#world.scheduler.nowMs;
      this.armAlarm(tries + 1, alarmRetryMs * 2 ** tries);
    });
  }

  /** Has the alarm ring when it is set for. */
  armAlarm(tries: number, delayMs: number): void {
    this.#alarmNumber += 1;
    const number = this.#alarmNumber;
    if (this.database.alarmMs === null) return;
    const lateMs = this.#world.random.between(alarmLateMs.least, alarmLateMs.most);
    this.#world.scheduler.after(delayMs + lateMs, `${this.name}: alarm`, () => this.alarmIsDue(number, tries));
  }

  #start(): Running {
    if (this.#running !== null) return this.#running;
    const { scheduler, random } = this.#world;
    const isolate = this.#world.isolate();
    const process = new Process(`${this.name}#${++this.#instances}`, isolate.process);
    process.gates.push(() => this.database.confirm());
    const running = { process, open: new Set<(outcome: Outcome<unknown>) => void>(), ready: Promise.resolve() };
    const state = {
      id: { name: this.name, toString: () => this.name, equals: (other: unknown) => String(other) === this.name },
      storage: storageOver(this.database, this.#guardOf(process)),
      waitUntil: () => undefined,
      blockConcurrencyWhile: (closure: () => Promise<unknown>) => {
        const done = closure();
        running.ready = done.then(() => undefined);
        return done;
      },
      abort: (reason: string) => {
        scheduler.note(`${process.name}: aborts: ${reason}`);
        process.kill();
      },
    };
    const instance = isolate.start(process, state);
    const started: Running = Object.assign(running, { instance });
    this.#running = started;
    scheduler.note(`${process.name}: starts`);
    process.onDeath(() => {
      this.#running = null;
      const isForgotten = random.chance(0.5);
      scheduler.trouble("object reset");
      if (isForgotten && this.database.hasUnconfirmed) scheduler.trouble("unconfirmed writes lost");
      if (isForgotten) this.database.forget();
      else this.database.confirm();
      this.armAlarm(0, Math.max(0, (this.database.alarmMs ?? 0) - scheduler.nowMs));
      const isMarked = random.chance(0.7);
      for (const once of [...started.open]) {
        scheduler.after(resetMs, "", () => once({ error: resetError(isMarked) }));
      }
    });
    return started;
  }

  #guardOf(process: Process) {
    const { scheduler, random, network } = this.#world;
    return {
      assertAlive: (): void => {
        if (!process.isAlive) throw resetError(false);
      },
      assertWorks: (): void => {
        if (this.#isPeeked || !random.chance(network.faults.statementFails)) return;
        scheduler.trouble("statement fails");
        scheduler.note(`${process.name}: a statement fails`);
        throw new Error("disk I/O error: SQLITE_IOERR");
      },
      alarmCall: <Value>(what: string, effect: () => Value): Promise<Value> => {
        return new Promise((resolve, reject) => {
          if (!process.isAlive) return;
          if (random.chance(network.faults.calls.crash)) {
            scheduler.after(0, `${process.name}: †${what}`, () => process.kill());
          } else if (what === "setAlarm" && random.chance(network.faults.alarmRefused)) {
            scheduler.trouble("alarm refused");
            reject(new Error("the alarm could not be stored"));
          } else {
            resolve(effect());
          }
        });
      },
      alarmChanged: () => this.armAlarm(0, Math.max(0, (this.database.alarmMs ?? 0) - scheduler.nowMs)),
    };
  }
}

/** All objects of a class. */
export class Objects {
  readonly all = new Map<string, SimulatedObject>();
  readonly #world: ObjectsWorld;

  constructor(world: ObjectsWorld) {
    this.#world = world;
  }

  /** The object of a name; made when it is first asked for. */
  named(name: string): SimulatedObject {
    let object = this.all.get(name);
    if (object === undefined) this.all.set(name, (object = new SimulatedObject(name, this.#world)));
    return object;
  }

  /** The binding of a Worker: stubs whose calls take the network. */
  namespaceOf(caller: Process) {
    const stubOf = (name: string): object =>
      new Proxy(
        {},
        {
          get: (_target, method) => {
            if (typeof method !== "string" || method === "then") return undefined;
            return (...parameters: unknown[]) => {
              const copies = structuredClone(parameters);
              return this.#world.network.callAsync(caller, `${name}.${method}`, (answer) => {
                if (this.#world.network.isDown("objects")) answer({ error: overloadedError() });
                else this.named(name).call(method, copies, answer);
              });
            };
          },
        },
      );
    return {
      getByName: stubOf,
      idFromName: (name: string) => ({ name, toString: () => name }),
      get: (id: { readonly name: string }) => stubOf(id.name),
    };
  }

  /** Rows that all objects have written. */
  get rowsWritten(): number {
    let rows = 0;
    for (const object of this.all.values()) rows += object.database.rowsWritten;
    return rows;
  }

  close(): void {
    for (const object of this.all.values()) object.database.close();
  }
}

function overloadedError(): Error {
  return Object.assign(new Error("Durable Object is overloaded. Too many requests queued."), { overloaded: true });
}

/** What a caller sees of a reset; not every failure of the platform says that it may be tried again. */
function resetError(isMarked: boolean): Error {
  const error = new Error("Durable Object reset because its code was updated or it was moved.");
  return isMarked ? Object.assign(error, { retryable: true }) : error;
}
