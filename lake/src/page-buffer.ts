/** Texts from this length on are encoded by the platform; below, a loop costs less than the call. */
const nativeTextLengthMin = 48;
const encoder = new TextEncoder();

/** Bytes of one page while it is put together. Little-endian, as Parquet has it; grows as needed, and is used again. */
export class PageBuffer {
  #bytes = new Uint8Array(65_536);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** Begins anew. What {@link bytes} gave before is overwritten. */
  clear(): void {
    this.#length = 0;
  }

  /** The bytes so far: a view that lasts until the next change. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  uint8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  int32(value: number): void {
    this.#reserve(4);
    this.#view.setInt32(this.#length, value, true);
    this.#length += 4;
  }

  /** A safe integer as 64 bits. */
  int64(value: number): void {
    this.#reserve(8);
    this.#view.setInt32(this.#length, value, true); // which takes the low 32 bits
    this.#view.setInt32(this.#length + 4, Math.floor(value / 2 ** 32), true);
    this.#length += 8;
  }

  bigInt64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigInt64(this.#length, value, true);
    this.#length += 8;
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A text in UTF-8 behind its length: a BYTE_ARRAY. */
  text(value: string): void {
    this.#reserve(4 + value.length * 3);
    const start = this.#length + 4;
    let end = value.length < nativeTextLengthMin ? this.#ascii(value, start) : -1;
    if (end < 0) end = start + encoder.encodeInto(value, this.#bytes.subarray(start)).written;
    this.#view.setInt32(this.#length, end - start, true);
    this.#length = end;
  }

  /** Likewise, without a length. Returns its bytes. */
  bareText(value: string): number {
    this.#reserve(value.length * 3);
    const start = this.#length;
    let end = value.length < nativeTextLengthMin ? this.#ascii(value, start) : -1;
    if (end < 0) end = start + encoder.encodeInto(value, this.#bytes.subarray(start)).written;
    this.#length = end;
    return end - start;
  }

  /** An unsigned number of at most 31 bits, seven bits a byte. */
  varint(value: number): void {
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) this.uint8((rest & 0x7f) | 0x80);
    this.uint8(rest);
  }

  /**
   * Small numbers in Parquet's hybrid of runs and bit-packed groups of eight
   * (https://parquet.apache.org/docs/file-format/data-pages/encodings/): runs from eight on are told by their length.
   */
  hybrid(values: Uint8Array | Int32Array, bitWidth: number): void {
    let packedFrom = 0;
    let at = 0;
    while (at < values.length) {
      const first = values[at] ?? 0;
      let end = at + 1;
      while (end < values.length && values[end] === first) end++;
      if (end - at < 8) {
        at += 8;
        continue;
      }
      this.#packed(values, packedFrom, at, bitWidth);
      this.varint((end - at) << 1);
      for (let bits = 0; bits < bitWidth; bits += 8) this.uint8((first >> bits) & 0xff);
      at = end;
      packedFrom = end;
    }
    this.#packed(values, packedFrom, at, bitWidth);
  }

  /** As {@link hybrid}, of one value many times. */
  run(value: number, count: number, bitWidth: number): void {
    if (count < 8) {
      this.hybrid(new Int32Array(count).fill(value), bitWidth);
      return;
    }
    this.varint(count << 1);
    for (let bits = 0; bits < bitWidth; bits += 8) this.uint8((value >> bits) & 0xff);
  }

  /** Groups of eight values, `bitWidth` bits each, the lowest bits first; what lacks in the last group is 0. */
  #packed(values: Uint8Array | Int32Array, from: number, to: number, bitWidth: number): void {
    const groups = (to - from) / 8;
    if (groups === 0) return;
    this.varint((groups << 1) | 1);
    let bits = 0;
    let count = 0;
    for (let at = from; at < to; at++) {
      bits |= (values[at] ?? 0) << count;
      for (count += bitWidth; count >= 8; count -= 8) {
        this.uint8(bits & 0xff);
        bits >>>= 8;
      }
    }
  }

  /** Writes a text of ASCII only; returns its end, or -1 where it has other characters. */
  #ascii(value: string, start: number): number {
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit >= 0x80) return -1;
      this.#bytes[start + i] = unit;
    }
    return start + value.length;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + bytes));
    larger.set(this.bytes());
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
