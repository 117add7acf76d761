import type { CallFaults, Faults, Service } from "./faults.ts";
import type { Process } from "./process.ts";
import type { Random } from "./random.ts";
import type { Scheduler, Trouble } from "./scheduler.ts";

/** How long a call that hangs takes to fail, in ms. Queue sends have been seen to hang for 57 s. */
const hangMs = 57_000;

/** How late a call can arrive whose caller has given up or died, in ms. */
const lateMsMax = 10 * 60_000;

/** Latency of one way, in ms. */
const usualMsMax = 40;
const slowMsMax = 60_000;

type Fate = "answered" | "lost" | "answer_lost" | "hangs" | "hangs_late";
type Death = "never" | "before" | "on_the_way" | "done" | "answered";

/** Thrown when a call fails without the other side having said so. */
class NetworkError extends Error {
  override readonly name = "NetworkError";
}

/**
 * Calls between processes. A call takes time, has its effect at one instant, and answers later; each of the three can
 * fail by itself, and the caller can die at any of them.
 */
export class Network {
  faults: Faults;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #startMs: number;

  constructor(scheduler: Scheduler, random: Random, faults: Faults) {
    this.#startMs = scheduler.nowMs;
    this.#scheduler = scheduler;
    this.#random = random;
    this.faults = faults;
  }

  /** Whether a service is down now. */
  isDown(service: Service): boolean {
    const sinceMs = this.#scheduler.nowMs - this.#startMs;
    const isDown = this.faults.outages.some((outage) => {
      return outage.service === service && sinceMs >= outage.fromMs && sinceMs < outage.toMs;
    });
    if (isDown) this.#scheduler.trouble("service down");
    return isDown;
  }

  /** A call whose effect happens at once when it arrives. */
  call<Value>(caller: Process, what: string, effect: () => Value): Promise<Value> {
    return this.callAsync(caller, what, (answer) => {
      let value: Value;
      try {
        value = effect();
      } catch (error) {
        answer({ error });
        return;
      }
      answer({ value });
    });
  }

  /** A call to which the other side answers when it likes, once. */
  callAsync<Value>(
    caller: Process,
    what: string,
    arrive: (answer: (outcome: Outcome<Value>) => void) => void,
  ): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      if (!caller.isAlive) return; // code of a dead process that somebody else woke: nothing of it leaves
      const { fate, death, wayMs, backMs, deathMs } = this.#draw(this.faults.calls);
      const scheduler = this.#scheduler;
      if (fate !== "answered") scheduler.trouble(fateTroubles[fate]);
      if (death !== "never" && !caller.isImmortal) scheduler.trouble(deathTroubles[death]);
      const label = `${caller.name}: ${what}`;
      if (death === "before" && !caller.isImmortal) return scheduler.after(0, `${label} †before`, () => caller.kill());
      caller.beforeSending();
      if (death === "on_the_way") scheduler.after(deathMs, `${label} †on the way`, () => caller.kill());
      const settle = (outcome: Outcome<Value>): void => {
        if (death === "answered") caller.kill();
        if (!caller.isAlive) return;
        if ("error" in outcome) reject(asError(outcome.error));
        else resolve(outcome.value);
      };
      const fail = (delayMs: number, why: string): void => {
        scheduler.after(delayMs, `${label} ${why}`, () => settle({ error: new NetworkError(why) }));
      };
      if (fate === "lost") return fail(wayMs, "lost");
      if (fate === "hangs" || fate === "hangs_late") fail(hangMs, "timed out");
      if (fate === "hangs") return;
      scheduler.after(wayMs, label, () => {
        if (!caller.isAlive) scheduler.trouble("call of a dead caller arrives");
        if (fate === "hangs_late" && wayMs > hangMs) scheduler.trouble("call arrives after its caller gave up");
        arrive((outcome) => {
          if (death === "done") caller.kill();
          if (fate === "answer_lost") return fail(backMs, "answer lost");
          if (fate === "hangs_late") return;
          const isFailure = "error" in outcome;
          return scheduler.after(backMs, isFailure ? `${label} fails` : "", () => settle(outcome));
        });
      });
    });
  }

  /** What becomes of a call. Each draws the same count of numbers, so that one fault less does not change all others. */
  #draw(faults: CallFaults) {
    const draw = (): number => this.#random.next();
    const [fated, halved, died, where, slowed, way, back, late] = [
      draw(),
      draw(),
      draw(),
      draw(),
      draw(),
      draw(),
      draw(),
      draw(),
    ];
    const msMax = slowed < faults.slow ? slowMsMax : usualMsMax;
    const fate = fateOf(fated, halved < 0.5, faults);
    const death: Death = died < faults.crash ? (deaths[Math.floor(where * deaths.length)] ?? "never") : "never";
    // What is on its way when its sender dies may arrive long after the sender's successor has started.
    const isLate = fate === "hangs_late" || (death === "on_the_way" && halved < 0.5);
    const wayMs = 1 + (isLate ? late * lateMsMax : way * msMax);
    return { fate, death, wayMs, backMs: 1 + back * msMax, deathMs: way * Math.min(wayMs, msMax) };
  }
}

const deaths: readonly Death[] = ["before", "on_the_way", "done", "answered"];

const fateTroubles = {
  lost: "call lost",
  answer_lost: "answer lost",
  hangs: "call hangs",
  hangs_late: "call hangs",
} as const satisfies Record<Exclude<Fate, "answered">, Trouble>;

const deathTroubles = {
  before: "caller dies before the call",
  on_the_way: "caller dies on the way",
  done: "caller dies when it is done",
  answered: "caller dies at the answer",
} as const satisfies Record<Exclude<Death, "never">, Trouble>;

/** What came of a call. */
export type Outcome<Value> = { readonly value: Value } | { readonly error: unknown };

function fateOf(drawn: number, isDone: boolean, faults: CallFaults): Fate {
  if (drawn < faults.lost) return "lost";
  if (drawn < faults.lost + faults.answerLost) return "answer_lost";
  if (drawn < faults.lost + faults.answerLost + faults.hangs) return isDone ? "hangs_late" : "hangs";
  return "answered";
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
