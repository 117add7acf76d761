/*
 * @sluice/core: the client engine of every Sluice SDK, without a platform.
 * Called by @sluice/web, @sluice/node and @sluice/react-native, which hand it clock, random bytes,
 * timers, transport and storage as ports.
 * It never touches window, process or React Native, never reads a clock or the network by itself,
 * never throws at its caller and never forgets an event without saying so.
 */
export { type Batch, createBatch, type QueuedEvent, requestBody, sendOff, splitBatch } from "./batch.ts";
export {
  type BatchClock,
  clockAfterDelivery,
  type ClockReading,
  type ClockState,
  offsetForBatchMs,
  unknownClock,
} from "./clock-offset.ts";
export { createEngine, type Engine, type Enqueued } from "./engine.ts";
export * from "./event.ts";
export * from "./identity.ts";
export { createPause, type Pause } from "./pause.ts";
export * from "./ports.ts";
export { judgeReply } from "./reply.ts";
export * from "./results.ts";
export { createUlid, type RandomBytes } from "./ulid.ts";
