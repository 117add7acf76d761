import { type Chunk, type ChunkStore, type Item, openStore, tabCharacters } from "./store.ts";

/** Characters after which a chunk takes no more events: four such chunks fit what may leave with the page. */
const chunkCharactersMax = 15_000;

/** Events older than this are no longer sent, ms: the lake would file them under the day of their receipt. */
const ageMsMax = 30 * 86_400_000;

/** A chunk in this page's memory. */
export interface Waiting {
  readonly chunk: Chunk;
  characters: number;
  isFlying?: boolean;
}

/** The events of this tab, until they are settled: in memory, and in the store where that is allowed. */
export interface Queue {
  /** Whether the event was taken: not when so much waits already. */
  readonly add: (item: Item, nowMs: number) => boolean;
  /** Events that wait for their first batch. */
  readonly waiting: () => number;
  /** Ids of all events, in flight or not. */
  readonly messageIds: () => string[];
  /** Chunks for one request from the front, at least one unless `isStrict`. They are in flight until removed. */
  readonly take: (eventsMax: number, charactersMax: number, isStrict?: boolean) => Waiting[];
  readonly remove: (batch: readonly Waiting[]) => void;
  /** Storing is allowed now: stores what waits, and takes over what tabs that are gone have left, save what has expired. */
  readonly open: (found: (expired: Item[]) => void) => void;
  /** The page goes: other pages may take over what it stored. */
  readonly release: () => void;
}

/** @param charactersMax of all events, those of earlier pages included. */
export function createQueue(name: string, tab: string, charactersMax: number, mayStore: () => boolean): Queue {
  let store: ChunkStore | undefined;
  let all: Waiting[] = [];
  let growing: Waiting | undefined;
  let chunks = 0;
  let waiting = 0;
  let characters = 0;
  let letGo: (() => void) | undefined;
  let held: Promise<void> | undefined;

  /** As long as this tab has events, its lock says that it lives. */
  function hold(): Promise<void> | undefined {
    if (!letGo) {
      held = new Promise((resolve) => (letGo = resolve));
      void navigator.locks?.request(name + tab, () => held).catch(Boolean);
    }
    return held;
  }

  function release(): void {
    letGo?.();
    letGo = undefined;
  }

  function entryOf(chunk: Chunk): Waiting {
    const entry: Waiting = { chunk, characters: 0 };
    for (const item of chunk[2]) count(entry, item);
    return entry;
  }

  function count(entry: Waiting, item: Item): void {
    entry.characters += item[1].length;
    characters += item[1].length;
    waiting++;
  }

  function save(entry: Waiting): void {
    if (!store || !mayStore()) return;
    void hold();
    store.put(entry.chunk);
  }

  return {
    add(item, nowMs) {
      if (characters + item[1].length > charactersMax) return false;
      if (!growing || growing.characters + item[1].length > chunkCharactersMax) {
        const entry = (growing = entryOf([`${tab}${chunks++}`, nowMs, []]));
        all.push(entry);
        queueMicrotask(() => {
          if (growing === entry) growing = undefined;
          if (all.includes(entry)) save(entry);
        });
      }
      growing.chunk[2].push(item);
      count(growing, item);
      return true;
    },
    waiting: () => waiting,
    messageIds: () => all.flatMap(({ chunk }) => chunk[2].map(([messageId]) => messageId)),
    take(eventsMax, room, isStrict) {
      const batch: Waiting[] = [];
      let events = 0;
      for (const entry of all) {
        if (entry.isFlying) continue;
        events += entry.chunk[2].length;
        room -= entry.characters + entry.chunk[2].length;
        if ((isStrict || batch[0]) && (room < 0 || events > eventsMax || tabOf(entry) !== tabOf(batch[0] ?? entry))) break;
        entry.isFlying = true;
        waiting -= entry.chunk[2].length;
        batch.push(entry);
      }
      return batch;
    },
    remove(batch) {
      all = all.filter((entry) => !batch.includes(entry));
      for (const entry of batch) characters -= entry.characters;
      store?.remove(batch.map(({ chunk }) => chunk));
      if (!all[0]) release();
    },
    open(found) {
      if (store || !mayStore()) return;
      store = openStore(name, tab);
      all.forEach(save);
      void store.adopt((left) => {
        const isFresh = ([, bornMs]: Chunk): boolean => Date.now() - bornMs < ageMsMax;
        const expired = left.filter((chunk) => !isFresh(chunk));
        store?.remove(expired);
        all.unshift(...left.filter(isFresh).map(entryOf));
        found(expired.flatMap(([, , items]) => items));
        return hold();
      });
    },
    release,
  };
}

/** The tab that took the events; one request holds those of one tab, whose clock's offset may not reverse them. */
export const tabOf = ({ chunk: [key] }: Waiting): string => key.slice(0, tabCharacters);
