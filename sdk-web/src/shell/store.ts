import { newId } from "./ids.ts";
import { writeLocal } from "./local.ts";
import { mayStore, options } from "./settings.ts";

/** One event on its way: message id and JSON. */
export type Item = readonly [messageId: string, json: string];

/** Events that are stored, sent and removed together. Tab and number tell it from all chunks of all times. */
export type Chunk = [
  tab: string,
  number: number,
  /** When the first event was made, ms. */
  bornMs: number,
  items: Item[],
  /** Characters of its events in a request. */
  characters: number,
  /** Server minus device time when it was made, ms; absent while that was not known. */
  offsetMs?: number | null | undefined,
  isFlying?: boolean,
];

/*
 * Chunks wait across pages in IndexedDB; in localStorage until that is open and whenever it fails; nowhere when both are
 * forbidden or full, in which case the page's own memory is all there is. Nothing here throws.
 */

/** This tab, and this load of its page. */
export let tab: string;

let name = "";
let db: IDBDatabase | undefined;

/** Name of a tab's lock: it is held while the tab has events, and is free when the tab is gone. */
export const lockOf = (tab: string): string => name + tab;

const keyOf = ([tab, number]: Chunk): string => `${name + tab}.${number}`;

/** Throws where there is no database. The commit is asked for at once, so that it happens even if the page goes. */
function transact<T>(work: (store: IDBObjectStore) => IDBRequest<T>, onAbort: () => void): IDBRequest<T> {
  const transaction = (db as IDBDatabase).transaction("q", "readwrite");
  const request = work(transaction.objectStore("q"));
  transaction.onabort = onAbort;
  transaction.commit();
  return request;
}

/** Gives the tab its id. */
export function nameTab(): void {
  tab = newId();
}

/** Stores a chunk as `kept`, or removes it, wherever it is. */
export function keep(chunk: Chunk, kept?: Chunk): void {
  const key = keyOf(chunk);
  const keepLocally = (): void => writeLocal(key, JSON.stringify(kept));
  try {
    transact<unknown>((store) => (kept ? store.put(kept, key) : store.delete(key)) as IDBRequest<unknown>, keepLocally);
    writeLocal(key); // it is there when the database was not open yet
  } catch {
    keepLocally(); // the database is not open yet, or never will be
  }
}

async function read(): Promise<Chunk[]> {
  const found: Chunk[] = [];
  try {
    for (const key in localStorage) {
      if (key.startsWith(name)) found.push(JSON.parse(localStorage[key] as string) as Chunk);
    }
  } catch {
    // forbidden, or written by something else
  }
  const stored = new Promise<Chunk[]>((done, fail) => {
    const request = transact((store) => store.getAll() as IDBRequest<Chunk[]>, fail as () => void);
    request.onsuccess = () => done(request.result);
  });
  return found.concat(await stored.catch(() => []));
}

/**
 * Opens the store of a source, if it may be and is not open yet, and takes over what tabs that are gone have left.
 *
 * @param opened called when the database is open, or will never be.
 * @param adopt is given what one of them left, and keeps it from other tabs until its promise resolves.
 */
export async function openStore(opened: () => void, adopt: (chunks: Chunk[]) => unknown): Promise<void> {
  if (name || !mayStore()) return;
  name = `sluice.${options.writeKey}.`;
  await new Promise((done) => {
    const request = indexedDB.open(name);
    request.onupgradeneeded = () => request.result.createObjectStore("q");
    request.onsuccess = () => done((db = request.result));
    request.onerror = done;
  }).catch(Boolean);
  opened();
  for (const gone of new Set((await read()).map(([tab]) => tab))) {
    const adoptTab = async (isGone: unknown): Promise<unknown> =>
      isGone && adopt((await read()).filter(([owner]) => owner === gone));
    if (gone === tab) continue;
    if (navigator.locks) void navigator.locks.request(lockOf(gone), { ifAvailable: true }, adoptTab).catch(Boolean);
    else void adoptTab(1);
  }
}
