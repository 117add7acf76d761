/** One event on its way: message id, JSON, and the device time that the SDK gave it, ms (0: the caller gave one). */
export type Item = readonly [messageId: string, json: string, stampMs: number];

/**
 * Events that are stored, sent and removed together. The key is the tab's id and a number, so keys of all tabs of all
 * times are distinct; the time is that of the first event.
 */
export type Chunk = readonly [key: string, bornMs: number, items: Item[]];

/** Characters of a tab's id, a ULID. */
export const tabCharacters = 26;

/** Where chunks wait across pages. No method throws or rejects. */
export interface ChunkStore {
  readonly put: (chunk: Chunk) => void;
  readonly remove: (chunks: readonly Chunk[]) => void;
  /** Takes over what tabs that are gone have left; `take` keeps it from others until its promise resolves. */
  readonly adopt: (take: (chunks: readonly Chunk[]) => unknown) => Promise<void>;
}

/**
 * A store in IndexedDB; in localStorage until that is open and whenever it fails; nowhere when both are forbidden or
 * full, in which case the page's own memory is all there is.
 *
 * @param name of the database, of the keys' prefix and of the tabs' locks.
 */
export function openStore(name: string, tab: string): ChunkStore {
  let db: IDBDatabase | undefined;
  const opened = new Promise<void>((done) => {
    const request = indexedDB.open(name);
    request.onupgradeneeded = () => request.result.createObjectStore("q");
    request.onsuccess = () => done(void (db = request.result));
    request.onerror = () => done();
  });

  /** Throws where there is no database. The commit is asked for at once, so that it happens even if the page goes. */
  function transact<T>(work: (store: IDBObjectStore) => T, onAbort?: () => void): T {
    const transaction = (db as IDBDatabase).transaction("q", "readwrite");
    const result = work(transaction.objectStore("q"));
    if (onAbort) transaction.onabort = onAbort;
    transaction.commit?.();
    return result;
  }

  function putLocally(chunk: Chunk): void {
    try {
      localStorage[name + chunk[0]] = JSON.stringify(chunk);
    } catch {
      // forbidden or full: the chunk stays in memory
    }
  }

  /** Chunks whose key begins so, oldest first. */
  async function read(prefix: string): Promise<Chunk[]> {
    const found: Chunk[] = [];
    try {
      for (const key in localStorage) {
        if (key.startsWith(name + prefix)) found.push(JSON.parse(localStorage[key] as string) as Chunk);
      }
    } catch {
      // forbidden, or written by something else
    }
    try {
      const range = IDBKeyRange.bound(prefix, `${prefix}~`);
      found.push(
        ...(await new Promise<Chunk[]>((done, fail) => {
          const request = transact((store) => store.getAll(range) as IDBRequest<Chunk[]>, fail as () => void);
          request.onsuccess = () => done(request.result);
        })),
      );
    } catch {
      // no database
    }
    return found;
  }

  return {
    put(chunk) {
      try {
        transact(
          (store) => store.put(chunk, chunk[0]),
          () => putLocally(chunk),
        );
      } catch {
        putLocally(chunk);
      }
    },
    remove(chunks) {
      for (const [key] of chunks) {
        try {
          delete localStorage[name + key];
        } catch {
          // forbidden, so it holds nothing
        }
        try {
          transact((store) => store.delete(key));
        } catch {
          // no database
        }
      }
    },
    async adopt(take) {
      await opened.catch(() => 0);
      const tabs = new Set((await read("")).map(([key]) => key.slice(0, tabCharacters)));
      tabs.delete(tab);
      for (const gone of tabs) {
        const adoptTab = async (isGone: unknown): Promise<unknown> =>
          isGone && take(await read(gone));
        if (navigator.locks) void navigator.locks.request(name + gone, { ifAvailable: true }, adoptTab).catch(() => 0);
        else void adoptTab(1);
      }
    },
  };
}
