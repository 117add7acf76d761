import {
  type ClockState,
  createEngine,
  type Engine,
  type EngineOptions,
  type EnginePorts,
  type StoredEvent,
} from "@sluice/core";
import { sdkName, sdkVersion } from "./version.ts";

/** Where this differs from the engine's defaults: a radio that wakes less often, and Android's 6 MB for all of AsyncStorage. */
const defaults = { flushAt: 50, flushIntervalMs: 10_000, maxQueueEvents: 10_000, maxQueueBytes: 4 * 1024 * 1024 };

/** Bytes of JSON in one request: what a phone compresses without a visible pause. */
const maxBatchBytes = 100_000;

/** Requests that leave at once when the app is left; the system gives it a few seconds, and the rest waits on disk. */
const urgentRequestsMax = 8;

/** The engine, which begins when the storage has said what an earlier run has left. */
export interface Delivery {
  /** Begins to send, with what an earlier run has learned of the clock. Called again it takes in what was found later. */
  readonly start: (restored: readonly StoredEvent[], clock: ClockState) => void;
  /** The running engine. */
  readonly engine: () => Engine;
  /** The app is left: sends what waits at once, as far as a few requests carry it. */
  readonly hurry: () => void;
  /** The app or the network is back: ends a pause that the server did not ask for. */
  readonly wake: () => void;
  /** Gives up everything that waits: the user no longer agrees. */
  readonly discard: () => void;
  /** Stops sending. */
  readonly close: () => void;
}

/** A delivery that has not begun. */
export function createDelivery(options: Partial<EngineOptions> & { writeKey: string }, ports: EnginePorts): Delivery {
  let engine: Engine | null = null;
  return {
    start(restored, clock) {
      engine ??= createEngine(
        { ...defaults, ...given(options), maxBatchBytes, clock },
        { name: sdkName, version: sdkVersion },
        ports,
      );
      engine.start(restored);
    },
    engine() {
      if (engine === null) throw new Error("a call was let through before the delivery began");
      return engine;
    },
    hurry() {
      for (let i = 0; i < urgentRequestsMax; i++) engine?.flushUrgently(maxBatchBytes);
    },
    wake: () => engine?.wake(),
    discard: () => engine?.discard("no_consent"),
    close: () => engine?.close(),
  };
}

/** The options of the engine that the app has given. */
function given(options: Partial<EngineOptions> & { writeKey: string }): EngineOptions {
  const { writeKey, flushAt, flushIntervalMs, maxQueueEvents, maxQueueBytes } = options;
  return {
    writeKey,
    ...(flushAt !== undefined && { flushAt }),
    ...(flushIntervalMs !== undefined && { flushIntervalMs }),
    ...(maxQueueEvents !== undefined && { maxQueueEvents }),
    ...(maxQueueBytes !== undefined && { maxQueueBytes }),
  };
}
