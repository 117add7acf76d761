/*
 * Types of dist/index.cjs for programs that use require(): the same as those of the ES module, named once more, because a
 * CommonJS file may take types from an ES module only one by one.
 */
import type * as esm from "../dist/index.js" with { "resolution-mode": "import" };
import type { EventMap, EventsOf } from "../dist/index.js" with { "resolution-mode": "import" };

export declare const Sluice: typeof esm.Sluice;
export declare const createClient: typeof esm.createClient;
export type Sluice<Events extends EventsOf<Events> = EventMap> = esm.Sluice<Events>;

export type {
  AliasCall,
  CallOptions,
  Client,
  DropReason,
  EventMap,
  EventResult,
  EventsOf,
  Fetch,
  Fields,
  FlushOptions,
  FlushReport,
  GroupCall,
  IdentifyCall,
  Identity,
  NodeFlushReport,
  PageCall,
  RetryNotice,
  ScreenCall,
  SluiceEvents,
  SluiceOptions,
  SpoolOptions,
  TrackCall,
  TypedTrackCall,
  WhenFull,
} from "../dist/index.js" with { "resolution-mode": "import" };
