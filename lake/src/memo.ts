/**
 * A function that remembers its latest results, at least `kept` and at most twice as many. For pure functions of a text
 * only: nothing but time then tells whether a result was remembered.
 *
 * Two generations in place of a list by age: what is asked for again moves to the young one, and when that is full the
 * old one is forgotten. So texts that are asked for often stay, however many others pass by.
 */
export function memoized<Result>(compute: (text: string) => Result, kept: number): (text: string) => Result {
  let young = new Map<string, Result>();
  let old = new Map<string, Result>();
  return (text) => {
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
