/** Types that both entries of the package share. */
export type { Client, EventMap, EventsOf, FlushOptions, TypedTrackCall } from "./client.ts";
export type { NodeFlushReport } from "./flushes.ts";
export type { SluiceEvents } from "./listeners.ts";
export type { Fetch, SluiceOptions, WhenFull } from "./options.ts";
export type { SpoolOptions } from "./spool/spool.ts";
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
