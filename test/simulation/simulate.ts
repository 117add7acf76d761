import type { LogStatus } from "@sluice/schema";
import { finalLedgerFault, ledgerFault, ledgerNow, servedLedgerFault, TakenMessages } from "./checks/ledger.ts";
import { deliveriesFault, orderFault } from "./checks/deliveries.ts";
import { LakeWatch } from "./checks/lake-watch.ts";
import {
  comparedMetrics,
  currentDays,
  type DayRange,
  foldLake,
  type LakeDays,
  liveNumbersFault,
  type Numbers,
  numbersFault,
  questionsOf,
  valuesOf,
} from "./checks/rollups.ts";
import type { Delivery, SimulatedClient } from "./client.ts";
import { calm, calmPhone, faultsOf, phoneFaultsOf, type Theme, themes } from "./faults.ts";
import type { Production } from "./production.ts";
import { type Random, randomOf } from "./random.ts";
import { eventMaker } from "./traffic.ts";
import { project, type Settings, World } from "./world.ts";

/** What a simulation of one seed came to. */
export interface Outcome {
  readonly seed: number;
  /** The first thing that was wrong, or `null`. */
  readonly violation: string | null;
  /** Equal for two runs that did the same. */
  readonly digest: number;
  readonly steps: number;
  readonly events: number;
  readonly parts: number;
  /** Events of phones that the SDK called stored. */
  readonly promisedByPhones: number;
  /** How often each kind of trouble came. */
  readonly troubles: ReadonlyMap<string, number>;
  /** The last things that happened before the violation. */
  readonly trace: readonly string[];
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** Calm time after which everything must have arrived. Retries have grown to twenty minutes by then. */
const drainMsMax = 12 * hourMs;
const stepsMax = 100_000;

/** Simulates the world of a seed from its first request until everything that was promised must be true. */
export async function simulate(seed: number, production: Production): Promise<Outcome> {
  const simulation = new Simulation(seed, production);
  try {
    return await simulation.run();
  } finally {
    simulation.close();
  }
}

/** Thrown to end a simulation at its first violation. */
class Violation extends Error {
  override readonly name = "Violation";
}

class Simulation {
  readonly #seed: number;
  readonly #world: World;
  readonly #random: Random;
  readonly #theme: Theme;
  readonly #deliveries = new Map<number, Delivery>();
  readonly #lake: LakeWatch;
  readonly #taken = new TakenMessages();
  #clients: readonly SimulatedClient[] = [];
  #checkedRows = -1;

  constructor(seed: number, production: Production) {
    this.#seed = seed;
    this.#random = randomOf(seed, "plan");
    this.#theme = this.#random.pick(themes);
    this.#world = new World(seed, production, settingsOf(this.#random, this.#theme));
    this.#lake = new LakeWatch(this.#world.bucket, this.#deliveries, (what) => this.#world.violations.push(what));
    this.#world.queue.onEnter = (body) => this.#taken.add(body);
  }

  close(): void {
    this.#world.close();
  }

  async run(): Promise<Outcome> {
    let violation: string | null = null;
    try {
      await this.#prepare();
      const faults = faultsOf(randomOf(this.#seed, "faults"), this.#theme);
      this.#world.setFaults(faults, phoneFaultsOf(randomOf(this.#seed, "faults of phones")));
      await this.#rush();
      await this.#drain();
      if (this.#random.chance(0.3)) {
        await this.#resendLater();
        await this.#drain();
      }
      await this.#finalChecks();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      violation = error.message;
    }
    const { scheduler, bucket } = this.#world;
    return {
      seed: this.#seed,
      violation,
      digest: scheduler.digest,
      steps: scheduler.steps,
      events: this.#deliveries.size,
      promisedByPhones: [...this.#deliveries.values()].filter((one) => one.event.phone && one.promised > 0).length,
      parts: [...bucket.objects.keys()].filter((key) => key.endsWith(".parquet") && !key.startsWith("marts/")).length,
      troubles: scheduler.troubles,
      trace: scheduler.trace,
    };
  }

  /** Makes project and keys through the admin API. */
  async #prepare(): Promise<void> {
    await this.#admin("POST", "projects", { project });
    const keys: string[] = [];
    for (const [source, kind] of [
      ["web", "public"],
      ["backend", "server"],
    ] as const) {
      await this.#admin("POST", `projects/${project}/sources`, { source });
      const made = await this.#admin("POST", `projects/${project}/keys`, { source, kind });
      keys.push(String((made as { key?: unknown }).key));
    }
    const [publicKey = "", serverKey = ""] = keys;
    this.#clients = [
      this.#world.client("browser", "public", publicKey),
      this.#world.client("phone", "public", publicKey),
      this.#world.client("backend", "server", serverKey),
    ];
    const random = randomOf(this.#seed, "phones");
    for (let phones = random.pick([0, 0, 0, 1, 3]); phones > 0; phones--) {
      this.#world.addPhone(publicKey, this.#deliveries);
    }
  }

  /** An hour or two in which events are sent and everything may fail. */
  async #rush(): Promise<void> {
    const random = this.#random;
    const isOfColdIds = this.#theme === "cold ids";
    // Ids go cold when their hour is long over; then those that are asked for are sent again.
    const make = eventMaker(randomOf(this.#seed, "events"), isOfColdIds ? 2 : 0);
    const { scheduler } = this.#world;
    const untilMs = scheduler.nowMs + random.between(40, 120) * minuteMs;
    const rounds = random.between(3, 8);
    for (let round = 0; round < rounds; round++) {
      scheduler.after(random.next() * (untilMs - scheduler.nowMs), "events are made", () => {
        const client = random.pick(this.#clients);
        const made = Array.from({ length: random.between(1, 8) }, () => {
          const delivery: Delivery = { event: make(scheduler.nowMs, client.keyKind), sent: 0, promised: 0 };
          this.#deliveries.set(delivery.event.number, delivery);
          return delivery;
        });
        client.give(made);
      });
    }
    for (let resends = isOfColdIds ? rounds : 0; resends > 0; resends--) {
      scheduler.after(random.next() * (untilMs - scheduler.nowMs), "events are sent again", () => this.#resend(0.3));
    }
    if (random.chance(0.4)) {
      const shards = random.between(2, 4);
      scheduler.after(random.next() * (untilMs - scheduler.nowMs), "", () => this.#raiseShards(shards));
    }
    this.#usePhones(untilMs - scheduler.nowMs);
    while (scheduler.nowMs < untilMs) await this.#minute(true);
  }

  /** The users of phones do something now and then. */
  #usePhones(forMs: number): void {
    const random = randomOf(this.#seed, "users of phones");
    for (const phone of this.#world.phones) {
      for (let actions = random.between(2, 8); actions > 0; actions--) {
        this.#world.scheduler.after(random.next() * forMs, `${phone.name} is used`, () => phone.act());
      }
    }
  }

  /** The operator raises the number of shards while events flow, and tries again until it is done. */
  #raiseShards(shards: number): void {
    const again = (): void => this.#world.scheduler.after(minuteMs, "", () => this.#raiseShards(shards));
    this.#world
      .admin("POST", `projects/${project}/shards`, { shards })
      .then(({ status }) => {
        this.#world.scheduler.note(`shards are raised to ${shards}: ${status}`);
        if (status >= 500) again();
      })
      .catch(again);
  }

  /** Calm time until nothing is on its way any more. */
  async #drain(): Promise<void> {
    const { scheduler } = this.#world;
    this.#world.setFaults(calm, calmPhone);
    this.#world.setClocksRight();
    const untilMs = scheduler.nowMs + drainMsMax;
    while (!(await this.#isQuiet())) {
      if (scheduler.nowMs > untilMs) throw new Violation("something never arrived, or was never published");
      for (let minute = 0; minute < 20; minute++) await this.#minute(false);
    }
    this.#redrive();
    if (this.#world.messagesWaiting > 0) await this.#drain();
  }

  /** The operator sends dead letters again, which is safe because their ids are known. */
  #redrive(): void {
    const { bucket, queue } = this.#world;
    for (const [key, object] of [...bucket.objects]) {
      if (!key.startsWith("dead/")) continue;
      if (this.#world.settings.retriesMax > 50) throw new Violation(`${key} is dead, with all retries it had`);
      queue.enter(object.bytes);
      bucket.delete(key);
    }
  }

  /** Some of the events come once more, after the longest times for which ids must be known. */
  async #resendLater(): Promise<void> {
    const { scheduler } = this.#world;
    const laterMs = this.#random.pick([25 * hourMs, 8 * dayMs, 29 * dayMs, 400 * dayMs]);
    scheduler.nowMs += laterMs;
    this.#resend(0.5, ({ event }) => event.timeMs !== null || laterMs < 30 * dayMs);
    await this.#minute(false);
  }

  /** Clients send some of their events once more. */
  #resend(share: number, isMeant: (delivery: Delivery) => boolean = () => true): void {
    for (const client of this.#clients) {
      const all = [...this.#deliveries.values()];
      const own = all.filter(({ event }) => event.keyKind === client.keyKind && event.phone === undefined);
      client.give(own.filter((sent) => sent.event.messageId !== null && isMeant(sent) && this.#random.chance(share)));
    }
  }

  /** One minute, with the crons that fall into it and what may happen by itself. */
  async #minute(isRough: boolean): Promise<void> {
    const world = this.#world;
    const { scheduler } = world;
    const minute = Math.floor(scheduler.nowMs / minuteMs);
    const comes = (everyMinutes: number): boolean => {
      return minute % everyMinutes === 0 && !(isRough && this.#random.chance(0.2));
    };
    if (comes(5)) world.cron("consumer");
    if (comes(10)) world.cron("edge");
    if (comes(isRough ? 10 : 30)) world.cron("analytics");
    const { deathsPerMinute, jumpsPerMinute } = world.network.faults;
    if (this.#random.chance(deathsPerMinute)) {
      scheduler.after(this.#random.int(minuteMs), "", () => world.someoneDies());
    }
    if (this.#random.chance(jumpsPerMinute)) world.aClockJumps();
    await this.#until(scheduler.nowMs + minuteMs);
  }

  async #until(untilMs: number): Promise<void> {
    const { scheduler } = this.#world;
    while (await scheduler.step(untilMs)) {
      if (scheduler.steps > stepsMax) throw new Violation(`more than ${stepsMax} steps`);
      await this.#check();
    }
    await this.#check();
  }

  /** What must hold at every instant. */
  async #check(): Promise<void> {
    await this.#lake.check();
    const written = this.#world.objects.rowsWritten + this.#lake.rowCount;
    if (written !== this.#checkedRows) {
      this.#checkedRows = written;
      const ledger = await ledgerNow(this.#world);
      const fault = ledger === null ? null : ledgerFault(ledger, this.#lake);
      if (fault !== null) throw new Violation(fault);
    }
    const [violation] = this.#world.violations;
    if (violation !== undefined) throw new Violation(violation);
  }

  async #isQuiet(): Promise<boolean> {
    const { messagesWaiting, bucket } = this.#world;
    const senders = [...this.#clients, ...this.#world.phones];
    if (messagesWaiting > 0 || senders.some((sender) => !sender.isDone)) return false;
    if ([...bucket.objects.keys()].some((key) => key.startsWith("spill/"))) return false;
    for (const status of await this.#statuses()) if (status.pendingRows > 0) return false;
    return true;
  }

  async #statuses(): Promise<readonly LogStatus[]> {
    const stubs = [...this.#world.objects.all.keys()].map((name) => this.#world.logs().getByName(name));
    return Promise.all(stubs.map((stub) => this.#awaited((stub as { status(): Promise<LogStatus> }).status())));
  }

  /** Everything that was promised. */
  async #finalChecks(): Promise<void> {
    const token = await this.#readToken();
    const days = await foldLake(this.#world);
    const early = liveNumbersFault(await this.#numbers(token, currentDays(this.#world.startMs)), days);
    if (early !== null) throw new Violation(early);
    await this.#admin("POST", "flush");
    const ledger = await ledgerNow(this.#world);
    if (ledger === null) throw new Violation("a log does not run after the flush");
    const fault =
      deliveriesFault(this.#deliveries.values(), this.#lake) ??
      this.#orderFault() ??
      finalLedgerFault(ledger, this.#taken, this.#lake) ??
      servedLedgerFault(await this.#servedLedger(token), this.#taken, this.#world) ??
      (await this.#numbersFault(token, days));
    if (fault !== null) throw new Violation(fault);
  }

  /** Not to be asked of phones whose storage fails, which may lose their clock, nor where clocks of the edge differ by minutes. */
  #orderFault(): string | null {
    const { edgeJumps, phones } = this.#world;
    const sound = new Set(phones.filter((phone) => phone.isSound).map(({ name }) => name));
    return edgeJumps > 0 ? null : orderFault(this.#deliveries, this.#lake, sound);
  }

  /** The numbers that a reader gets are those of the lake, and those of roll-ups that are made anew. */
  async #numbersFault(token: string, days: LakeDays): Promise<string | null> {
    const questions = questionsOf(days);
    const ask = async (): Promise<readonly Numbers[]> => {
      const answers: Numbers[] = [];
      for (const range of questions) answers.push(await this.#numbers(token, range));
      return answers;
    };
    const served = await ask();
    for (const numbers of served) {
      const fault = numbersFault(numbers, days);
      if (fault !== null) return fault;
    }
    if (!this.#random.chance(0.1)) return null;
    this.#world.loseRollups();
    await this.#admin("POST", "flush");
    const rebuilt = await ask();
    const differs = served.findIndex((numbers, i) => valuesOf(numbers) !== valuesOf(rebuilt[i]));
    if (differs < 0) return null;
    return `roll-ups that are made anew say ${valuesOf(rebuilt[differs])}, not ${valuesOf(served[differs])}`;
  }

  /** What a reader gets for a range of days. */
  async #numbers(token: string, { from, to }: DayRange): Promise<Numbers> {
    const path = `kpis?metrics=${comparedMetrics}&from=${from}&to=${to}&interval=day`;
    return (await this.#read(token, path)) as Numbers;
  }

  async #readToken(): Promise<string> {
    const made = (await this.#admin("POST", `projects/${project}/tokens`, { name: "reader" })) as { token?: unknown };
    return String(made.token);
  }

  /** The ledger as a project's reader gets it, of the days on which events were sent first. */
  async #servedLedger(token: string): Promise<unknown> {
    const { from, to } = currentDays(this.#world.startMs);
    return this.#read(token, `ledger?from=${from}&to=${to}`);
  }

  async #read(token: string, path: string): Promise<unknown> {
    const reply = await this.#awaited(this.#world.ask(token, "GET", path));
    if (reply.status !== 200)
      throw new Violation(`${path} is answered with ${reply.status}: ${JSON.stringify(reply.body)}`);
    return reply.body;
  }

  async #admin(method: string, path: string, body?: object): Promise<unknown> {
    const reply = await this.#awaited(this.#world.admin(method, path, body));
    if (reply.status >= 300) throw new Violation(`${method} ${path} is answered with ${reply.status}`);
    return reply.body;
  }

  /** Lets things happen until a promise is settled. */
  async #awaited<Value>(promise: Promise<Value>): Promise<Value> {
    let isSettled = false;
    const watched = promise.finally(() => (isSettled = true));
    watched.catch(() => undefined); // it is awaited below, after others
    while (!isSettled) {
      await this.#until(this.#world.scheduler.nowMs + 1_000);
      if (this.#world.scheduler.steps > stepsMax) throw new Violation("a call is never answered");
    }
    return watched;
  }
}

function settingsOf(random: Random, theme: Theme): Settings {
  return {
    publishSeconds: theme === "late requests" ? 5 : random.pick([5, 60, 300]),
    publishOldSeconds: random.pick([60, 600, 3600]),
    publishOldRows: random.pick([3, 1000]),
    rollupSeconds: random.pick([0, 600]),
    hasSmallPages: theme === "cold ids" || random.chance(0.5),
    coolSeconds: theme === "cold ids" ? 60 : random.pick([60, 600, 86_400]),
    coolIds: theme === "cold ids" ? 1 : random.pick([1, 10, 100_000]),
    retriesMax: theme === "dead letters" ? 1 : random.pick([100, 100, 100, 2]),
  };
}
