import { variablesOf } from "./scopes.mjs";

/*
 * The names of the script's variables. Which of them compress best cannot be told but by trying; `choose-names.mjs` has tried, and
 * what it found is in names.json. That saves about 130 bytes of gzip.
 */

/** A script whose variables can be renamed. */
export function renamable(/** @type {string} */ code) {
  const { variables, outside } = variablesOf(code);
  const clashes = variables.map((one) =>
    variables.flatMap((other, index) =>
      one !== other && (one.scopes.has(other.scope) || other.scopes.has(one.scope)) ? [index] : [],
    ),
  );
  const spots = variables
    .flatMap(({ spots: own }, index) => own.map((spot) => ({ ...spot, index })))
    .sort((a, b) => a.start - b.start);
  const between = spots.map(({ start, key }, at) => code.slice(spots[at - 1]?.end ?? 0, start) + key);
  const rest = code.slice(spots.at(-1)?.end ?? 0);
  return {
    names: variables.map(({ name }) => name),
    clashes,
    /** Whether each variable has a name, and means with it what it meant before. */
    fits: (/** @type {readonly string[]} */ names) =>
      names.length === variables.length &&
      names.every((name, index) => !outside.has(name) && clashes[index].every((other) => names[other] !== name)),
    /** The script with these names. */
    withNames: (/** @type {readonly string[]} */ names) =>
      spots.reduce((text, { index }, at) => text + between[at] + names[index], "") + rest,
  };
}
