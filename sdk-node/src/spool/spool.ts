import type { BuiltEvent } from "@sluice/core";

/** Where events wait on disk. */
export interface SpoolOptions {
  /**
   * Folder for the files, made if it is missing. Several processes may share it; events that a dead one left behind are
   * sent by the next client that opens the folder.
   */
  readonly directory: string;
  /** Bytes on disk at most; default 1 GiB. */
  readonly maxBytes?: number | undefined;
  /**
   * `always` (default): every event is on disk before the call returns. `full`: only events for which the queue in memory
   * has no room.
   */
  readonly when?: "always" | "full" | undefined;
  /**
   * Ask the disk to write through before the call returns, so that events survive a power cut and not only the death of
   * the process; costs a disk flush for each event. Default false.
   */
  readonly sync?: boolean | undefined;
}

/** An event as the spool keeps it. */
export interface SpooledEvent extends BuiltEvent {
  readonly lane: number;
}

/** Events of one segment, read back. */
export interface SpooledSegment {
  readonly segment: number;
  readonly events: readonly SpooledEvent[];
}

/**
 * Events on disk, in numbered segments (files), oldest first. No method throws: a disk that fails is reported as trouble,
 * and the event stays in memory or is dropped by the queue's rules.
 */
export interface Spool {
  /**
   * Writes an event; it is on disk when this returns.
   *
   * @param isHeld whether the queue holds it in memory too; else it has to be read back.
   * @returns the number of its segment, from 1; 0 when it could not be written.
   */
  append(event: SpooledEvent, isHeld: boolean): number;
  /** Events that nobody holds in memory, in segments up to this number. */
  unread(lastSegment?: number): number;
  /** The oldest segment that nobody holds in memory; `null` when there is none. */
  read(): SpooledSegment | null;
  /** So many events of a segment are settled; a segment without open events is deleted. */
  settle(segment: number, events: number): void;
  /** Ends the current segment; returns the number of the last one, 0 when there was none. */
  seal(): number;
  /** Number of the oldest segment with open events; Infinity when there is none. */
  oldestOpen(): number;
  /** Leaves the files to the next run. */
  close(): void;
}
