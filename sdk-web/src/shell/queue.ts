import { type Chunk, type ChunkStore, type Item, openStore } from "./store.ts";

/** Characters after which a chunk takes no more events: four such chunks fit what may leave with the page. */
const chunkCharactersMax = 15_000;

/** Events older than this are no longer sent, ms: the lake would file them under the day of their receipt. */
const ageMsMax = 30 * 86_400_000;

/** The events of this tab, until they are settled: in memory, and in the store where that is allowed. */
export interface Queue {
  /** Whether the event was taken: not when too much waits already. */
  readonly push: (item: Item) => boolean;
  /** Events that wait for their first batch. */
  readonly waiting: () => number;
  /** Ids of all events, in flight or not. */
  readonly messageIds: () => string[];
  /** Chunks of one tab for one request, from the front. They are in flight until removed. */
  readonly take: (eventsMax: number, charactersMax: number) => Chunk[];
  readonly settle: (batch: readonly Chunk[]) => void;
  /** Where storing is allowed now: stores what waits, and takes over what tabs that are gone have left. */
  readonly openUp: () => void;
  /** The page goes: other pages may take over what it stored. */
  readonly letGo: () => void;
}

/**
 * @param charactersMax of all events, those of earlier pages included.
 * @param adopted called when events of other tabs were taken over, with those that have expired and were not.
 */
export function createQueue(
  name: string,
  tab: string,
  charactersMax: number,
  mayStore: () => boolean,
  adopted: (expired: Item[]) => void,
): Queue {
  let store: ChunkStore | undefined;
  let all: Chunk[] = [];
  let growing: Chunk | undefined;
  let number = 0;
  let waiting = 0;
  let characters = 0;
  let release: (() => void) | undefined;
  let held: Promise<void> | undefined;

  /** As long as this tab has events, its lock says that it lives. */
  function hold(): Promise<void> | undefined {
    if (!release) {
      held = new Promise((resolve) => (release = resolve));
      void navigator.locks?.request(name + tab, () => held).catch(Boolean);
    }
    return held;
  }

  function letGo(): void {
    release?.();
    release = undefined;
  }

  function save(chunk: Chunk): void {
    if (!store || !mayStore()) return;
    void hold();
    store.keep(chunk);
  }

  function adopt(left: Chunk[]): unknown {
    const expired: Item[] = [];
    for (const chunk of left.reverse()) {
      if (Date.now() - chunk[2] > ageMsMax) {
        expired.push(...chunk[3]);
        store?.forget(chunk);
        continue;
      }
      chunk[5] = false;
      waiting += chunk[3].length;
      characters += chunk[4];
      all.unshift(chunk);
    }
    adopted(expired);
    return hold();
  }

  return {
    push(item) {
      const size = item[1].length + 1;
      if (characters + size > charactersMax) return false;
      if (!growing || growing[4] + size > chunkCharactersMax) {
        const chunk = (growing = [tab, number++, Date.now(), [], 0] as Chunk);
        all.push(chunk);
        queueMicrotask(() => {
          growing = undefined;
          save(chunk);
        });
      }
      growing[3].push(item);
      growing[4] += size;
      characters += size;
      waiting++;
      return true;
    },
    waiting: () => waiting,
    messageIds: () => all.flatMap((chunk) => chunk[3].map(([messageId]) => messageId)),
    take(eventsMax, room) {
      const batch: Chunk[] = [];
      for (const chunk of all) {
        if (chunk[5]) continue;
        eventsMax -= chunk[3].length;
        room -= chunk[4];
        if (room < 0 || (batch[0] && (eventsMax < 0 || batch[0][0] !== chunk[0]))) break;
        chunk[5] = true;
        waiting -= chunk[3].length;
        batch.push(chunk);
      }
      return batch;
    },
    settle(batch) {
      all = all.filter((chunk) => !batch.includes(chunk));
      for (const chunk of batch) {
        characters -= chunk[4];
        store?.forget(chunk);
      }
      if (!all[0]) letGo();
    },
    openUp() {
      if (store || !mayStore()) return;
      store = openStore(name, tab, adopt);
      all.forEach(save);
    },
    letGo,
  };
}
