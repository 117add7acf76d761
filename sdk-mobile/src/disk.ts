import type { MobileStorage, SetTimer } from "./ports.ts";
import { eraseEntries, readEntries } from "./storage-entries.ts";
import { createWriter, storageAnswerMsMax, storageRetryMs, type Writer } from "./writer.ts";

/** The app's storage, as far as it may be used and answers. Nothing here rejects. */
export interface Disk extends Pick<Writer, "put" | "remove"> {
  /**
   * The storage may be used from now on. Resolves when it has been read (after `loaded` was called), when it has failed, or
   * after five seconds; in the last two cases it is tried again until it is read.
   */
  readonly open: () => Promise<void>;
  /** Nothing is read or written any more, until it is opened again. */
  readonly close: () => void;
  /** Removes everything that this SDK keeps there, and closes. Tried again until it has succeeded. */
  readonly erase: () => void;
}

/**
 * A closed disk. Nothing is written before everything was read, so that no new identity replaces one that is only late.
 *
 * @param prefix of all keys that belong to it.
 * @param loaded given the entries found, each time it is opened.
 */
export function createDisk(
  storage: MobileStorage,
  prefix: string,
  setTimer: SetTimer,
  loaded: (entries: ReadonlyMap<string, string>) => void,
): Disk {
  const writer = createWriter(storage, setTimer);
  let isWanted = false;
  let isOpen = false;
  let mustErase = false;
  let isStriving = false;
  const waiting: (() => void)[] = [];

  /** Does what is asked for by now, until that is done or the storage fails. */
  async function strive(): Promise<void> {
    if (isStriving) return;
    isStriving = true;
    try {
      while (mustErase || (isWanted && !isOpen)) await step();
    } catch {
      setTimer(() => void strive(), storageRetryMs); // the storage fails: meanwhile memory is all there is
    }
    isStriving = false;
    for (const resolve of waiting.splice(0)) resolve();
  }

  async function step(): Promise<void> {
    await writer.idle();
    if (mustErase) {
      await eraseEntries(storage, prefix);
      mustErase = false;
      return;
    }
    const entries = await readEntries(storage, prefix);
    if (!isWanted || mustErase) return;
    isOpen = true;
    loaded(entries);
    writer.resume();
  }

  function close(): void {
    isWanted = isOpen = false;
    writer.stop();
  }

  return {
    put: writer.put,
    remove: writer.remove,
    open: () =>
      new Promise((resolve) => {
        const cancel = setTimer(resolve, storageAnswerMsMax);
        waiting.push(() => (cancel(), resolve()));
        isWanted = true;
        void strive();
      }),
    close,
    erase() {
      close();
      writer.clear();
      mustErase = true;
      void strive();
    },
  };
}
