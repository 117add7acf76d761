import { unknownClock } from "./clock-offset.ts";
import type { EngineOptions } from "./ports.ts";

/** Options of the engine with every default filled in. */
export type Limits = Required<EngineOptions>;

/** Defaults of the engine; see {@link EngineOptions} for their meaning. */
export const defaultLimits: Omit<Limits, "writeKey"> = {
  flushAt: 100,
  flushIntervalMs: 2000,
  maxBatchBytes: 450_000,
  maxQueueEvents: 10_000,
  maxQueueBytes: 16 * 1024 * 1024,
  maxInFlight: 1,
  clock: unknownClock,
};
