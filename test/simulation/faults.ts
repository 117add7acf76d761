import type { Random } from "./random.ts";

/** What can go wrong with one call over the network, and where the caller can die. */
export interface CallFaults {
  /** It never arrives, and fails. */
  readonly lost: number;
  /** It has its effect, but the answer is lost, and it fails. */
  readonly answerLost: number;
  /** It gets no answer for a minute; half of these have their effect, up to ten minutes late. */
  readonly hangs: number;
  /** It takes up to a minute instead of some ms. */
  readonly slow: number;
  /** The caller dies: before it is sent, on its way, when it has had its effect, or at the answer. */
  readonly crash: number;
}

/** What a Worker calls, and what can be down as a whole. */
export type Service = "bucket writes" | "bucket" | "queue" | "objects" | "database";

/** A time (from the start, ms) in which a service answers every call with an error. */
export interface Outage {
  readonly service: Service;
  readonly fromMs: number;
  readonly toMs: number;
}

/** How bad the world is, as probabilities per call unless said otherwise. */
export interface Faults {
  readonly calls: CallFaults;
  /** A PUT that was stored says that its condition failed: the client library had sent it twice. */
  readonly falsePrecondition: number;
  readonly outages: readonly Outage[];
  /** A message is delivered once more, later. */
  readonly duplicate: number;
  /** A message waits for up to two hours. */
  readonly delayed: number;
  /** An acknowledged message comes back because the acknowledgement was lost. */
  readonly ackLost: number;
  /** An alarm is lost. */
  readonly alarmLost: number;
  /** An alarm cannot be set. */
  readonly alarmRefused: number;
  /** A statement of SQL in an object fails. */
  readonly statementFails: number;
  /** Processes that die for no reason, per minute. */
  readonly deathsPerMinute: number;
  /** Clock jumps per minute, of one isolate. */
  readonly jumpsPerMinute: number;
}

/** What can go wrong with a phone, as probabilities, of the storage's operations and of the user's actions. */
export interface PhoneFaults {
  /** The storage fails: it is full, or locked. */
  readonly storageFails: number;
  /** The storage takes up to ten seconds; an SDK waits for five. */
  readonly storageSlow: number;
  /** The app's process dies in an operation of the storage: before it, in its midst, or when it is done. */
  readonly storageDies: number;
  /** The app is killed soon after an action. */
  readonly killed: number;
  /** The phone loses its connection at an action, for up to an hour. */
  readonly offline: number;
}

const none: CallFaults = { lost: 0, answerLost: 0, hangs: 0, slow: 0, crash: 0 };

/** A world in which everything works, into which every simulation ends: what was promised must then come true. */
export const calm: Faults = {
  calls: none,
  falsePrecondition: 0,
  outages: [],
  duplicate: 0,
  delayed: 0,
  ackLost: 0,
  alarmLost: 0,
  alarmRefused: 0,
  statementFails: 0,
  deathsPerMinute: 0,
  jumpsPerMinute: 0,
};

export const calmPhone: PhoneFaults = { storageFails: 0, storageSlow: 0, storageDies: 0, killed: 0, offline: 0 };

const rates = [0, 0, 0.01, 0.05, 0.2] as const;
const rareRates = [0, 0, 0.005, 0.02, 0.08] as const;
const minuteMs = 60_000;

/**
 * What a world is mostly about. Some failures need several faults at once, which chance alone would rarely bring
 * together.
 */
export type Theme = "anything" | "late requests" | "dead letters" | "spills" | "cold ids";

export const themes: readonly Theme[] = ["anything", "anything", "late requests", "dead letters", "spills", "cold ids"];

/** The faults of a seed under a theme. */
export function faultsOf(random: Random, theme: Theme): Faults {
  const faults = anyFaults(random);
  const time = { fromMs: 0, toMs: random.between(20, 60) * minuteMs };
  switch (theme) {
    case "anything":
      return faults;
    case "late requests":
      return { ...faults, calls: { ...faults.calls, hangs: 0.2, crash: 0.02 } };
    case "dead letters":
      return {
        ...faults,
        outages: [
          { ...time, service: "objects" },
          { ...time, service: "bucket writes" },
        ],
      };
    case "spills":
      return { ...faults, outages: [{ ...time, service: "queue" }] };
    case "cold ids":
      return { ...faults, outages: random.chance(0.5) ? [{ ...time, service: "bucket" }] : [] };
  }
}

/** The faults of a seed's phones. */
export function phoneFaultsOf(random: Random): PhoneFaults {
  // A storage that fails excuses much; most of them work, and the rest may go wrong.
  const isSound = random.chance(0.6);
  return {
    storageFails: isSound ? 0 : random.pick(rates),
    storageSlow: isSound ? 0 : random.pick(rates),
    storageDies: random.pick([0, 0.01, 0.05]),
    killed: random.pick([0, 0.3, 0.6]),
    offline: random.pick([0, 0.3]),
  };
}

/**
 * The faults of a seed. Each kind is often absent and sometimes frequent: a world in which everything goes wrong at
 * once hides the failures that need some things to go right (Groce et al., Swarm Testing, ISSTA 2012).
 */
function anyFaults(random: Random): Faults {
  const calls: CallFaults = {
    lost: random.pick(rareRates),
    answerLost: random.pick(rates),
    hangs: random.pick(rareRates),
    slow: random.pick(rates),
    crash: random.pick(rareRates),
  };
  return {
    calls,
    falsePrecondition: random.pick(rates),
    outages: outagesOf(random),
    duplicate: random.pick(rates),
    delayed: random.pick(rates),
    ackLost: random.pick(rates),
    alarmLost: random.pick(rates),
    alarmRefused: random.pick(rareRates),
    statementFails: random.pick([0, 0, 0, 0.0005, 0.005]),
    deathsPerMinute: random.pick([0, 0, 0.05, 0.3]),
    jumpsPerMinute: random.pick([0, 0, 0.05]),
  };
}

const services: readonly Service[] = ["bucket writes", "bucket", "queue", "objects", "database"];

/** Up to three times of trouble, an hour at most each; sometimes several services go down together. */
function outagesOf(random: Random): readonly Outage[] {
  const times = Array.from({ length: random.pick([0, 1, 2, 3]) }, () => {
    const fromMs = random.int(60) * minuteMs;
    return { fromMs, toMs: fromMs + random.between(1, 60) * minuteMs };
  });
  return times.flatMap((time) => {
    const down = random.chance(0.3) ? services.filter(() => random.chance(0.6)) : [random.pick(services)];
    return down.map((service) => ({ ...time, service }));
  });
}
