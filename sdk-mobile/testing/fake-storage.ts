import type { MobileStorage } from "../src/ports.ts";

/** What a write of a dying process leaves behind; `torn`: half of its entries, and half of the next one. */
export type Death = "before" | "half" | "torn" | "after";

/** A phone's storage: it outlives processes, and may be slow, fail, hang, or see its process die in mid-write. */
export class FakeStorage {
  readonly entries = new Map<string, string>();
  /** Every key that was read, written or removed. */
  readonly touched: string[] = [];
  delayMs = 0;
  fails = false;
  /** Writes half of the entries of each write, then fails. */
  failsHalfway = false;
  /** Characters that fit, keys included; a write that does not fit fails as a whole. */
  roomCharacters = Infinity;
  /** Resolves nothing while set; `release` lets everything go on. */
  hangs = false;
  /** Writes that succeed before the process dies in one; `null`: it lives. */
  writesLeft: number | null = null;
  death: Death = "before";
  /** Told that the process has died in a write. */
  died: () => void = () => undefined;
  #hung: (() => void)[] = [];
  #life = { isOver: false };

  /** As a new process sees it; the one before it has died, and sees nothing any more. */
  attach(kind: "multi" | "single"): MobileStorage {
    this.#life.isOver = true;
    const life = (this.#life = { isOver: false });
    const write = (changes: [string, string | null][]): Promise<void> => this.#write(life, changes);
    const single: MobileStorage = {
      getItem: (key) => this.#do(life, () => this.#read(key)),
      setItem: (key, value) => write([[key, value]]),
      removeItem: (key) => write([[key, null]]),
      getAllKeys: () => this.#do(life, () => [...this.entries.keys()]),
    };
    if (kind === "single") return single;
    return {
      ...single,
      multiGet: (keys) => this.#do(life, () => keys.map((key) => [key, this.#read(key)] as const)),
      multiSet: (entries) => write(entries),
      multiRemove: (keys) => write(keys.map((key) => [key, null])),
    };
  }

  release(): void {
    this.hangs = false;
    for (const go of this.#hung.splice(0)) go();
  }

  #read(key: string): string | null {
    this.touched.push(key);
    return this.entries.get(key) ?? null;
  }

  async #write(life: { isOver: boolean }, changes: [string, string | null][]): Promise<void> {
    await this.#do(life, () => undefined);
    if (!this.#hasRoomFor(changes)) throw new Error("database or disk is full");
    const isDying = this.writesLeft === 0;
    if (this.writesLeft !== null) this.writesLeft--;
    const half = changes.length >> 1;
    const isHalf = isDying ? this.death === "half" || this.death === "torn" : this.failsHalfway;
    const done = isDying && this.death === "before" ? 0 : isHalf ? half : changes.length;
    for (const [key, value] of changes.slice(0, done)) this.#apply(key, value);
    const [key, value] = changes[half] ?? ["", null];
    if (isDying && this.death === "torn" && value !== null) this.#apply(key, value.slice(0, value.length >> 1));
    if (isDying) {
      life.isOver = true;
      this.died();
      await new Promise(() => undefined);
    }
    if (isHalf) throw new Error("database or disk is full");
  }

  #apply(key: string, value: string | null): void {
    this.touched.push(key);
    if (value === null) this.entries.delete(key);
    else this.entries.set(key, value);
  }

  #hasRoomFor(changes: readonly (readonly [string, string | null])[]): boolean {
    const after = new Map<string, string | null>([...this.entries, ...changes]);
    let characters = 0;
    for (const [key, value] of after) characters += value === null ? 0 : key.length + value.length;
    return characters <= this.roomCharacters || changes.every(([, value]) => value === null);
  }

  async #do<T>(life: { isOver: boolean }, run: () => T): Promise<T> {
    await Promise.resolve();
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    if (this.hangs) await new Promise<void>((resolve) => this.#hung.push(resolve));
    if (life.isOver) await new Promise(() => undefined);
    if (this.fails) throw new Error("database or disk is full");
    return run();
  }
}
