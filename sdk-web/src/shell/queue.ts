import { newId } from "./ids.ts";
import { mayStore, options } from "./settings.ts";
import { type Chunk, forget, type Item, keep, lockOf, openStore } from "./store.ts";

/*
 * The events of this tab until they are settled: in memory, and in the store where that is allowed. They are kept in chunks,
 * the unit that is stored, sent and removed.
 */

/** Characters after which a chunk takes no more events: four such chunks fit what may leave with the page. */
const chunkCharactersMax = 15_000;

/** Characters that may wait, unless the page says otherwise. */
const charactersMax = 2_000_000;

/** This tab, and this load of its page. */
export let tab: string;

let all: Chunk[] = [];
let growing: Chunk | undefined;
let number = 0;
let characters = 0;
let isOpen: boolean | undefined;
let release: (() => void) | undefined;
let held: Promise<void> | undefined;

/** Events that wait for their first batch. */
export let waiting = 0;

/** As long as this tab has events, its lock says that it lives. */
function hold(): Promise<void> | undefined {
  if (!release) {
    held = new Promise((resolve) => (release = resolve));
    void navigator.locks?.request(lockOf(tab), () => held).catch(Boolean);
  }
  return held;
}

/** Other tabs may take over what this one has stored. */
export function letGo(): void {
  release?.();
  release = undefined;
}

function save(chunk: Chunk): void {
  if (!isOpen || !mayStore()) return;
  void hold();
  keep(chunk);
}

/** Takes an event; not when too much waits already. */
export function push(item: Item): boolean {
  const size = item[1].length + 1;
  if (characters + size > (options.maxQueueCharacters ?? charactersMax)) return false;
  if (!growing || growing[4] + size > chunkCharactersMax) {
    const chunk: Chunk = (growing = [tab, number++, Date.now(), [], 0]);
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
}

/** Ids of all events, in flight or not. */
export const messageIds = (): string[] => all.flatMap((chunk) => chunk[3].map(([messageId]) => messageId));

/** Chunks of one tab for one request, from the front; they are in flight until they are settled. */
export function take(eventsMax: number, room: number): Chunk[] {
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
}

/** Every event of these chunks is settled. */
export function settle(batch: readonly Chunk[]): void {
  all = all.filter((chunk) => !batch.includes(chunk));
  for (const chunk of batch) {
    characters -= chunk[4];
    forget(chunk);
  }
  if (!all[0]) letGo();
}

/** Begins with the events of this load of the page. */
export function startQueue(): void {
  tab = newId();
}

/** Where storing is allowed: stores what waits, and takes over what tabs that are gone have left, and then calls back. */
export function openQueue(adopted: () => void): void {
  if (isOpen || !mayStore()) return;
  isOpen = true;
  void openStore(options.writeKey, tab, (left) => {
    for (const chunk of left) {
      chunk[5] = false;
      waiting += chunk[3].length;
      characters += chunk[4];
    }
    all = left.concat(all);
    adopted();
    return hold();
  });
  all.forEach(save);
}
