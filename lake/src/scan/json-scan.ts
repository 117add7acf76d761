/*
 * Finds the end of a JSON value without parsing it, where its text is the one that `JSON.stringify` would write of it: no space
 * between tokens, no escape that needs none, no number written in another way, no name twice, no name that engines put
 * elsewhere. Of everything else it says nothing (−1), and the caller parses. The text is known to be JSON.
 */

const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const dot = 0x2e;
const zero = 0x30;
const nine = 0x39;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Objects within objects that are followed. Deeper ones are rare. */
const depthMax = 8;
/** Different names that are known at each depth. Who sends more names them after data. */
const namesMax = 2000;
/** Names of one object that are expected in their order. */
const expectedMax = 64;
/** Names that an object may leave out in a row and still be as expected. */
const skippedMax = 3;
/** Significant digits that a double keeps, whatever they are. */
const exactDigitsMax = 15;
/** Zeros behind `0.` from which on JavaScript writes an exponent. */
const smallZerosMin = 6;

/** What may follow a backslash: the escapes that `JSON.stringify` writes, but for `\u`. */
const shortEscapes = new Set(Array.from('"\\bfnrt', (letter) => letter.charCodeAt(0)));

/** A member's name. */
export interface Name {
  readonly text: string;
  /** As it stands before a value: `"name":`. */
  readonly prefix: string;
  /** The object in which it was seen last. */
  seenIn: number;
}

/** Names of objects of one kind in the order in which they come: the next one has them in the same. */
export type Expected = Name[];

/** Scans texts. Places are indices into the text. */
export class JsonScan {
  text = "";
  #isPlain = true;
  readonly #names = Array.from({ length: depthMax + 1 }, () => new Map<string, Name>());
  #objects = 0;
  #next = 0;

  /** Goes on with another text. */
  begin(text: string): void {
    this.text = text;
    this.#isPlain = !text.includes("\\");
  }

  /** A number for an object, whose names are all different: {@link nameAt} takes it. */
  newObject(): number {
    this.#next = 0;
    return ++this.#objects;
  }

  /**
   * The name of the member that begins at a place; `null` where the object has it already, and where engines would put it
   * elsewhere. Its value begins behind its prefix.
   *
   * @param expected names of the object before, mended where this one has others.
   */
  nameAt(at: number, object: number, depth: number, expected: Expected): Name | null {
    let name: Name | null = null;
    const from = this.#next;
    for (let i = from; i < from + skippedMax && i < expected.length; i++) {
      const candidate = expected[i];
      if (candidate === undefined || !this.#isAt(at, candidate.prefix)) continue;
      name = candidate;
      this.#next = i + 1;
      break;
    }
    if (name === null) {
      name = this.#anyNameAt(at, depth);
      if (name === null) return null;
      if (expected.length < expectedMax && !expected.includes(name)) {
        expected.splice(from, 0, name);
        this.#next = from + 1;
      }
    }
    if (name.seenIn === object) return null;
    name.seenIn = object;
    return name;
  }

  /** Where names go on that {@link nameAt} is asked for, to be set again after other objects. */
  get next(): number {
    return this.#next;
  }
  set next(value: number) {
    this.#next = value;
  }

  /** The closing quote of a string whose opening one stands at a place. */
  string(at: number): number {
    const { text } = this;
    if (this.#isPlain) return text.indexOf('"', at + 1);
    for (let i = at + 1; ; i++) {
      const unit = text.charCodeAt(i);
      if (unit === quote) return i;
      if (unit === backslash && !shortEscapes.has(text.charCodeAt(++i))) return -1;
      if (!(unit >= 0x20)) return -1; // also where the text has ended
    }
  }

  /** Whether strings may have escapes. */
  get mayEscape(): boolean {
    return !this.#isPlain;
  }

  /** The end of any value, exclusive. */
  value(at: number, depth: number): number {
    const unit = this.text.charCodeAt(at);
    if (unit === quote) {
      const end = this.string(at);
      return end < 0 ? -1 : end + 1;
    }
    if (unit === openBrace) return this.#object(at, depth + 1);
    if (unit === openBracket) return this.#array(at, depth + 1);
    return unit === minus || (unit >= zero && unit <= nine) ? this.#number(at) : this.#literal(at);
  }

  #object(start: number, depth: number): number {
    const { text } = this;
    if (depth > depthMax) return -1;
    let at = start + 1;
    if (text.charCodeAt(at) === closeBrace) return at + 1;
    const object = ++this.#objects;
    for (;;) {
      const name = this.#anyNameAt(at, depth);
      if (name === null || name.seenIn === object) return -1;
      name.seenIn = object;
      const end = this.value(at + name.prefix.length, depth);
      if (end < 0) return -1;
      const unit = text.charCodeAt(end);
      if (unit === closeBrace) return end + 1;
      if (unit !== comma) return -1;
      at = end + 1;
    }
  }

  #array(start: number, depth: number): number {
    const { text } = this;
    if (depth > depthMax) return -1;
    if (text.charCodeAt(start + 1) === closeBracket) return start + 2;
    let at = start + 1;
    for (;;) {
      const end = this.value(at, depth);
      if (end < 0) return -1;
      const unit = text.charCodeAt(end);
      if (unit === closeBracket) return end + 1;
      if (unit !== comma) return -1;
      at = end + 1;
    }
  }

  #anyNameAt(at: number, depth: number): Name | null {
    const { text } = this;
    const end = text.charCodeAt(at) === quote ? this.string(at) : -1;
    if (end < 0 || text[end + 1] !== ":") return null;
    const names = this.#names[depth];
    const known = names?.get(text.slice(at + 1, end));
    return known ?? (names === undefined ? null : this.#newName(names, text.slice(at, end + 1)));
  }

  #newName(names: Map<string, Name>, quoted: string): Name | null {
    // Engines put numbers first; `__proto__` cannot be assigned; an escape may write a name that stands there otherwise.
    if (/^"(?:\d|__)|\\/.test(quoted) || names.size >= namesMax) return null;
    const text = JSON.parse(quoted) as string; // a copy: a slice would keep the body alive
    const name = { text, prefix: `"${text}":`, seenIn: 0 };
    names.set(text, name);
    return name;
  }

  #isAt(at: number, prefix: string): boolean {
    const { text } = this;
    for (let i = 1; i < prefix.length; i++) if (text.charCodeAt(at + i) !== prefix.charCodeAt(i)) return false;
    return text.charCodeAt(at) === quote;
  }

  #literal(at: number): number {
    const { text } = this;
    if (text.startsWith("true", at) || text.startsWith("null", at)) return at + 4;
    return text.startsWith("false", at) ? at + 5 : -1;
  }

  #number(start: number): number {
    const { text } = this;
    const isNegative = text.charCodeAt(start) === minus;
    const whole = isNegative ? start + 1 : start;
    const wholeEnd = this.#digits(whole);
    const isZero = text.charCodeAt(whole) === zero;
    if (wholeEnd === whole) return -1;
    let end = wholeEnd;
    if (text.charCodeAt(wholeEnd) === dot) {
      end = this.#digits(wholeEnd + 1);
      if (text.charCodeAt(end - 1) === zero) return -1;
      let zeros = 0;
      while (text.charCodeAt(wholeEnd + 1 + zeros) === zero) zeros++;
      if (isZero && zeros >= smallZerosMin) return -1;
    } else if (isZero && isNegative) return -1;
    const isExponent = (text.charCodeAt(end) | 0x20) === 0x65;
    return isExponent || end - whole > exactDigitsMax ? -1 : end;
  }

  #digits(at: number): number {
    let end = at;
    for (;;) {
      const unit = this.text.charCodeAt(end);
      if (!(unit >= zero && unit <= nine)) return end;
      end++;
    }
  }
}
