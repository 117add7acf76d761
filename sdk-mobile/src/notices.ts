import type { Delivered, DropReason, Rejected, RetryNotice } from "@sluice/core";

/**
 * Why the SDK gave an event up. Besides the reasons of every SDK: `hook`: a plugin's `before` dropped it; `expired`: it
 * waited for more than 30 days; `unreadable`: its entry in the app's storage was cut off or damaged.
 */
export type MobileDropReason = DropReason | "hook" | "expired" | "unreadable";

/** The SDK gave the event up. */
export interface MobileDropped {
  readonly outcome: "dropped";
  /** "" where it could not be read. */
  readonly messageId: string;
  readonly reason: MobileDropReason;
}

/** The client waits before it sends again. */
export interface MobileRetry extends RetryNotice {
  readonly outcome: "retry";
}

/** What listeners and plugins are told. */
export type MobileNotice = Delivered | Rejected | MobileDropped | MobileRetry;

/** What a call resolves to: on disk or settled already, only in memory (the storage failed, or may not be used), or dropped. */
export interface Acknowledgement {
  readonly messageId: string;
  readonly outcome: "stored" | "memory" | "dropped";
}
