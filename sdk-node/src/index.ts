/*
 * @sluice/node: the Sluice SDK for servers and scripts.
 * Called by a team's own backend code, and by the demo of this repository.
 * It never throws into its host (but for unusable options), never leaves a rejection unhandled, never
 * holds more than its queue in memory and never keeps a process alive that waits for nothing.
 */
export { type FlushOptions, Sluice } from "./client.ts";
export type { SluiceEvents } from "./listeners.ts";
export type { SluiceOptions } from "./options.ts";
export type {
  AliasCall,
  CallOptions,
  DropReason,
  EventResult,
  Fields,
  FlushReport,
  GroupCall,
  Identity,
  IdentifyCall,
  PageCall,
  RetryNotice,
  ScreenCall,
  TrackCall,
} from "@sluice/core";
