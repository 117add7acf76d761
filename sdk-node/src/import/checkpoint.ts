/** What a file is known again by: a hash over so many of its first bytes. */
export interface FileHead {
  readonly bytes: number;
  readonly hash: string;
}

/** How far the import of a file has come. */
export interface Checkpoint {
  readonly version: 1;
  /** Another file under the same name begins anew. */
  readonly head: FileHead;
  /** A hash of where it was sent and how its rows were read: with other ones it begins anew. */
  readonly course: string;
  /** Rows from the first on that are settled: delivered, rejected by the server, or no event. */
  readonly rows: number;
  readonly delivered: number;
  readonly rejected: number;
  readonly invalid: number;
}

/** Reads a checkpoint; a file that is none, or was cut off while it was written, is a beginning: `null`. */
export function parseCheckpoint(text: string | null): Checkpoint | null {
  try {
    const stated = JSON.parse(text ?? "null") as Partial<Checkpoint> | null;
    const counts = [stated?.rows, stated?.delivered, stated?.rejected, stated?.invalid, stated?.head?.bytes];
    const isWhole =
      stated?.version === 1 &&
      typeof stated.head?.hash === "string" &&
      typeof stated.course === "string" &&
      counts.every(Number.isSafeInteger);
    return isWhole ? (stated as Checkpoint) : null;
  } catch {
    return null; // see above
  }
}

/** The beginning of a file. */
export function newCheckpoint(head: FileHead, course: string): Checkpoint {
  return { version: 1, head, course, rows: 0, delivered: 0, rejected: 0, invalid: 0 };
}
