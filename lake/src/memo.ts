/** Bounds of a {@link memoized} function. */
export interface MemoLimits {
  /** Results kept: at least so many, at most twice as many. */
  readonly kept: number;
  /** Characters that are looked at. Longer texts are cut, and their results not kept: they would hold the whole text in memory. */
  readonly lengthMax: number;
}

/**
 * A function of a text that remembers its latest results. For pure functions only: nothing but time then tells whether a
 * result was remembered.
 *
 * Two generations in place of a list by age: what is asked for again moves to the young one, and when that is full the
 * old one is forgotten. So texts that are asked for often stay, however many others pass by.
 */
export function memoized<Result>(
  compute: (text: string) => Result,
  { kept, lengthMax }: MemoLimits,
): (text: string) => Result {
  let young = new Map<string, Result>();
  let old = new Map<string, Result>();
  return (text) => {
    if (text.length > lengthMax) return compute(text.slice(0, lengthMax));
    const known = young.get(text);
    if (known !== undefined) return known;
    const result = old.get(text) ?? compute(text);
    if (young.size >= kept) {
      old = young;
      young = new Map();
    }
    young.set(text, result);
    return result;
  };
}
