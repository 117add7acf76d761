import { eventBytesMax } from "@sluice/schema";
import { offsetAt, mustAsk } from "./clock.ts";
import type { WebKept } from "../notices.ts";
import { readIdentity } from "./identity.ts";
import { drop, isLeaving, send } from "./sender.ts";
import { mayStore, options } from "./settings.ts";
import { type Chunk, type Item, keep, lockOf, openStore, tab } from "./store.ts";

/*
 * The events of this tab until they are settled: in memory, and in the store where that is allowed. They are kept in chunks,
 * the unit that is stored, sent and removed.
 */

/** Characters after which a chunk takes no more events: four such chunks fit what may leave with the page. */
const chunkCharactersMax = 15_000;

/** Events older than this are no longer sent, ms: the lake would file them under the day of their receipt. */
const ageMsMax = 30 * 86_400_000;

let all: Chunk[] = [];
let growing: Chunk | 0 = 0;
let number = 0;
let characters = 0;
let release: (() => void) | 0 = 0;
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
  if (release) release();
  release = 0;
}

function save(chunk: Chunk): void {
  if (!mayStore()) return;
  void hold();
  keep(chunk, chunk);
}

/** Takes an event made at that time with that offset of the clock, if there is room. Without offset those of one millisecond are a chunk. */
export function push(item: Item, nowMs: number, offsetMs: number | undefined): void {
  const size = item[1].length + 1;
  if (size > eventBytesMax + 1) return drop([item], "event_too_large");
  if (characters + size > options.maxQueueCharacters) return drop([item], "queue_full");
  if (!growing || growing[4] + size > chunkCharactersMax || (offsetMs ?? nowMs) !== (growing[5] ?? growing[2])) {
    const chunk: Chunk = (growing = [tab, number++, nowMs, [], 0, offsetMs]);
    all.push(chunk);
    queueMicrotask(() => {
      growing = 0;
      save(chunk);
    });
  }
  growing[3].push(item);
  growing[4] += size;
  characters += size;
  waiting++;
}

/** All events, in flight or not. */
export const allKept = (): WebKept[] =>
  all.flatMap((chunk) => chunk[3].map(([messageId]): WebKept => ({ outcome: "kept", messageId })));

/**
 * Sends the next chunks that are not in flight: those of one offset, of at most so many events (but one chunk at least) and so
 * many characters; or asks for the time, if they must wait for it. `undefined` when there is none; else it resolves when they
 * are settled.
 */
export function fly(eventsMax: number, room: number): Promise<void> | undefined {
  const identity = readIdentity();
  const batch: Chunk[] = [];
  const items: Item[] = [];
  let offsetMs: number | undefined;
  growing = 0; // what flies must not grow
  for (const chunk of all) {
    if (chunk[6]) continue;
    const own = chunk[5] ?? offsetAt(identity, chunk[2]);
    room -= chunk[4];
    if (room < 0 || (batch[0] && (items.length + chunk[3].length > eventsMax || own !== offsetMs))) break;
    offsetMs = own;
    if (own === undefined && mustAsk(identity)) return isLeaving ? undefined : send([], own);
    chunk[6] = true;
    waiting -= chunk[3].length;
    batch.push(chunk);
    items.push(...chunk[3]);
  }
  return (
    batch[0] &&
    send(items, offsetMs).then(() => {
      all = all.filter((chunk) => !batch.includes(chunk));
      for (const chunk of batch) {
        characters -= chunk[4];
        keep(chunk);
      }
      if (!all[0]) letGo();
    })
  );
}

/** Where storing is allowed: stores what waits, takes over what tabs that are gone have left, and then calls back. */
export function openQueue(adopted: () => void): void {
  const saveAll = (): void => all.forEach(save);
  void openStore(saveAll, (left) => {
    for (const chunk of left) {
      if (Date.now() - chunk[2] > ageMsMax) drop(chunk[3].splice(0), "expired"); // what is empty then is removed when it flies
      chunk[6] = false;
      waiting += chunk[3].length;
      characters += chunk[4];
    }
    all = left.concat(all);
    adopted();
    return hold();
  });
}
