import type { RandomBytes, SendReply, SendRequest } from "@sluice/core";
import type { ReadOptions, ReadSpoolOptions } from "./options.ts";
import type { Spool } from "./spool/spool.ts";

/** What happens when the process is about to end. */
export interface ExitDrain {
  /** Longest time the end may be put off, ms. */
  readonly timeoutMs: number;
  /** Whether there is anything to send. */
  readonly isPending: () => boolean;
  /** Sends what there is; resolves when it is settled or the time is over. Never rejects. */
  readonly drain: () => Promise<unknown>;
}

/** Everything the client needs of where it runs. */
export interface Platform {
  /** Wall clock, ms since 1970. */
  readonly now: () => number;
  readonly random: RandomBytes;
  /** A timer that keeps no process alive; returns what cancels it. */
  readonly setTimer: (run: () => void, delayMs: number) => () => void;
  /** Keeps the process alive until the promise is settled. */
  readonly holdProcess: <T>(promise: Promise<T>) => Promise<T>;
  /** UTF-8 bytes of a text that JSON.stringify wrote. */
  readonly utf8Bytes: (json: string) => number;
  readonly createSend: (options: ReadOptions) => (request: SendRequest) => Promise<SendReply>;
  /** Opens a spool; `null` where there is no disk. Throws what the file system throws. */
  readonly openSpool: ((options: ReadSpoolOptions, onTrouble: (line: string) => void) => Spool) | null;
  /** Drains before the process ends; `null` where there is no process. Returns what undoes it. */
  readonly drainAtExit: ((drain: ExitDrain) => () => void) | null;
}
