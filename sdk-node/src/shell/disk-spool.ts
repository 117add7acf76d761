import { createUlid } from "@sluice/core";
import { randomFillSync } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { ReadSpoolOptions } from "../options.ts";
import { decodeFrames, encodeFrame } from "../spool/frame.ts";
import type { Spool, SpooledEvent, SpooledSegment } from "../spool/spool.ts";
import { adoptSegments, openOwnFolder } from "./spool-folder.ts";

/** Bytes of a segment after which a new one begins: what is read back at once, and what one open event keeps on disk. */
const segmentBytesMax = 1024 * 1024;

interface Segment {
  readonly number: number;
  readonly path: string;
  bytes: number;
  /** Events in it that are not settled. */
  open: number;
  /** Whether the queue holds its events in memory. */
  isHeld: boolean;
}

/** Opens a spool on disk and takes over what dead processes left in its folder. Throws when the folder cannot be made. */
export function openDiskSpool(options: ReadSpoolOptions, onTrouble: (line: string) => void): Spool {
  return new DiskSpool(options, onTrouble);
}

class DiskSpool implements Spool {
  readonly #options: ReadSpoolOptions;
  readonly #onTrouble: (line: string) => void;
  readonly #folder: { readonly path: string; readonly release: () => void };
  readonly #ulid = createUlid((bytes) => void randomFillSync(bytes));
  /** In the order of their numbers; the current one, which has an open file, is the last. */
  readonly #segments = new Map<number, Segment>();
  #current: { readonly segment: Segment; readonly file: number } | null = null;
  #lastNumber = 0;
  #bytes = 0;
  #unread = 0;

  constructor(options: ReadSpoolOptions, onTrouble: (line: string) => void) {
    this.#options = options;
    this.#onTrouble = onTrouble;
    mkdirSync(options.directory, { recursive: true });
    this.#folder = openOwnFolder(options.directory, this.#ulid(Date.now()));
    for (const path of adoptSegments(options.directory, this.#folder.path, onTrouble)) this.#adopt(path);
  }

  append(event: SpooledEvent, isHeld: boolean): number {
    const frame = encodeFrame(event);
    if (frame === null || this.#bytes + frame.length > this.#options.maxBytes) return 0;
    try {
      const { segment, file } = this.#writable(isHeld);
      writeWhole(file, frame);
      if (this.#options.sync) fsyncSync(file);
      segment.bytes += frame.length;
      segment.open++;
      this.#bytes += frame.length;
      if (!isHeld) this.#unread++;
      return segment.number;
    } catch (error) {
      this.#onTrouble(`the spool cannot be written (${codeOf(error)}); events wait in memory only`);
      this.#end(); // half a frame may stand at its end, so nothing may follow it
      return 0;
    }
  }

  unread(lastSegment = Infinity): number {
    if (lastSegment === Infinity || this.#unread === 0) return this.#unread;
    let events = 0;
    for (const segment of this.#segments.values()) {
      if (!segment.isHeld && segment.number <= lastSegment) events += segment.open;
    }
    return events;
  }

  read(): SpooledSegment | null {
    if (this.#unread === 0) return null;
    for (const segment of this.#segments.values()) {
      if (segment.isHeld || segment.open === 0) continue;
      if (this.#current?.segment === segment) this.#end();
      segment.isHeld = true;
      this.#unread -= segment.open;
      const { events } = this.#decode(segment.path);
      segment.open = events.length;
      if (events.length > 0) return { segment: segment.number, events };
      this.#remove(segment);
    }
    return null;
  }

  settle(number: number, events: number): void {
    const segment = this.#segments.get(number);
    if (segment === undefined) return;
    segment.open -= events;
    if (segment.open > 0) return;
    if (this.#current?.segment === segment) this.#end();
    else this.#remove(segment);
  }

  seal(): number {
    this.#end();
    return this.#lastNumber;
  }

  oldestOpen(): number {
    for (const number of this.#segments.keys()) return number;
    return Infinity;
  }

  close(): void {
    this.#end();
    this.#folder.release();
    if (this.#segments.size > 0) return;
    try {
      rmdirSync(this.#folder.path);
    } catch {
      // something of somebody else's lies in it, or it is gone: an empty folder harms nobody
    }
  }

  /** The current segment, or a new one when it is full or of the other kind. */
  #writable(isHeld: boolean): { readonly segment: Segment; readonly file: number } {
    const current = this.#current;
    if (current && current.segment.isHeld === isHeld && current.segment.bytes < segmentBytesMax) return current;
    this.#end();
    const path = join(this.#folder.path, `${this.#ulid(Date.now())}.seg`);
    const file = openSync(path, "ax", 0o600);
    if (this.#options.sync) syncFolder(this.#folder.path);
    const segment = this.#add(path, isHeld);
    return (this.#current = { segment, file });
  }

  #add(path: string, isHeld: boolean): Segment {
    const segment = { number: ++this.#lastNumber, path, bytes: 0, open: 0, isHeld };
    this.#segments.set(segment.number, segment);
    return segment;
  }

  /** Ends the current segment: nothing is written to it any more. */
  #end(): void {
    const current = this.#current;
    if (current === null) return;
    this.#current = null;
    try {
      closeSync(current.file);
    } catch (error) {
      this.#onTrouble(`a file of the spool cannot be closed (${codeOf(error)})`);
    }
    if (current.segment.open === 0) this.#remove(current.segment);
  }

  #remove(segment: Segment): void {
    this.#segments.delete(segment.number);
    this.#bytes -= segment.bytes;
    try {
      unlinkSync(segment.path);
    } catch (error) {
      this.#onTrouble(`a file of the spool cannot be deleted (${codeOf(error)}); its events will be sent again`);
    }
  }

  #adopt(path: string): void {
    const { events, tornBytes } = this.#decode(path);
    if (tornBytes > 0) this.#onTrouble(`a write to the spool was cut off: ${tornBytes} bytes are no whole event`);
    const segment = this.#add(path, false);
    segment.bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    segment.open = events.length;
    this.#bytes += segment.bytes;
    this.#unread += events.length;
    if (events.length === 0) this.#remove(segment);
  }

  #decode(path: string): ReturnType<typeof decodeFrames> {
    try {
      return decodeFrames(readFileSync(path));
    } catch (error) {
      this.#onTrouble(`a file of the spool cannot be read (${codeOf(error)})`);
      return { events: [], tornBytes: 0 };
    }
  }
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}

/** Writes a folder's list of files through: without it a power cut could forget a file whose content is on disk. */
function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}
